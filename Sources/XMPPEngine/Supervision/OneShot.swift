import Synchronization

/// A value that arrives once and that any number of tasks may wait for.
///
/// Guarded by a `Mutex`.
final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    /// Hands the value to all who wait and will wait; a second one is ignored.
    func fulfil(_ value: Value) {
        let waiters = state.withLock { state in
            guard state.value == nil else { return [CheckedContinuation<Value?, Never>]() }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// The value if it is there already.
    var current: Value? { state.withLock { $0.value } }

    /// Waits for the value; `nil` only when the waiting task was cancelled.
    func value() async -> Value? {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Value?? = state.withLock { state in
                    if let value = state.value { return value }
                    // A cancellation before this moment found no waiter to resume.
                    if Task.isCancelled { return .some(nil) }
                    state.waiters[waiter] = continuation
                    return .none
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation = state.withLock { $0.waiters.removeValue(forKey: waiter) }
            continuation?.resume(returning: nil)
        }
    }

    /// Waits for the value no longer than `limit`; `nil` is without limit.
    func value(within limit: Duration?, of ticker: Ticker) async -> Value? {
        guard let limit else { return await value() }
        if let current { return current }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.value() }
            group.addTask { try? await ticker.sleep(limit) }
            await group.next()
            group.cancelAll()
        }
        return current
    }
}
