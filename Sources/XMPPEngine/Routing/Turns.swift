import Synchronization

/// Lets work on one thing, such as an account's data, wait for its turn in the order it came.
///
/// A `Mutex` guards the queues for a look-up. Whoever has a turn must not take another.
final class Turns<Key: Hashable & Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Bool, Never>

    /// Most that wait for one key.
    private let waitingMax = 1000

    /// A key is in here while somebody has its turn.
    private let queues = Mutex<[Key: [Waiter]]>([:])

    /// Waits for the turn; `false` when too many wait already.
    func take(_ key: Key) async -> Bool {
        if takeFree(key) { return true }
        return await withCheckedContinuation { waiter in
            let answer: Bool? = queues.withLock { queues in
                guard let queue = queues[key] else {
                    queues[key] = []
                    return true
                }
                guard queue.count < waitingMax else { return false }
                queues[key]?.append(waiter)
                return nil
            }
            if let answer { waiter.resume(returning: answer) }
        }
    }

    private func takeFree(_ key: Key) -> Bool {
        queues.withLock { queues in
            guard queues[key] == nil else { return false }
            queues[key] = []
            return true
        }
    }

    /// Hands the turn to who waits longest.
    func give(_ key: Key) {
        let next: Waiter? = queues.withLock { queues in
            guard let queue = queues[key], !queue.isEmpty else {
                queues[key] = nil
                return nil
            }
            return queues[key]?.removeFirst()
        }
        next?.resume(returning: true)
    }
}
