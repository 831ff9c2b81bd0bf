import Synchronization

/// A value that tests can wait on until it is as they want it.
///
/// Guarded by a `Mutex`.
final class Observed<Value: Sendable>: Sendable {
    private struct Waiter {
        let condition: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Value, Never>
    }

    private struct State {
        var value: Value
        var waiters: [Waiter] = []
    }

    private let state: Mutex<State>

    init(_ value: Value) { state = Mutex(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    @discardableResult
    func update<Answer: Sendable>(_ body: @Sendable (inout Value) -> Answer) -> Answer {
        let (answer, ready, value) = state.withLock { state in
            let answer = body(&state.value)
            let ready = state.waiters.filter { $0.condition(state.value) }
            state.waiters.removeAll { $0.condition(state.value) }
            return (answer, ready, state.value)
        }
        for waiter in ready { waiter.continuation.resume(returning: value) }
        return answer
    }

    /// Waits until the condition holds; a suite's time limit ends a wait in vain.
    @discardableResult
    func until(_ condition: @escaping @Sendable (Value) -> Bool) async -> Value {
        await withCheckedContinuation { continuation in
            let value: Value? = state.withLock { state in
                if condition(state.value) { return state.value }
                state.waiters.append(Waiter(condition: condition, continuation: continuation))
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
