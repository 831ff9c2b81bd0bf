/// Waiting for something that happens on other threads.
extension Exchange {
    /// A value of a loop on its way through other threads, which must not look at it.
    private struct Carried<Value>: @unchecked Sendable {
        // Sendable because only closures of the value's loop open it.
        let value: Value
    }

    /// Holds the exchange until a work that is done elsewhere has its result.
    ///
    /// - Parameters:
    ///   - work: Must not block: it begins on the loop, and waits for what happens elsewhere.
    ///   - answer: Runs on the loop, unless the client has left meanwhile; it answers.
    func hold<Value: Sendable>(
        until work: @escaping @Sendable () async -> Value,
        then answer: @escaping (Exchange, Value) -> Void
    ) {
        hold()
        let carried = Carried(value: (exchange: self, answer: answer))
        let loop = loop
        Task(executorPreference: loop.executor) {
            let value = await work()
            loop.execute {
                let (exchange, answer) = carried.value
                guard exchange.isOpen else { return }
                answer(exchange, value)
            }
        }
    }
}
