import Synchronization
import XMPPCore

/// Lets work on one account's data wait for its turn, in the order in which it came.
///
/// A `Mutex` guards the queues for a look-up. Whoever has a turn must not take another.
final class AccountTurns: Sendable {
    private typealias Waiter = CheckedContinuation<Bool, Never>

    /// Most that wait for one account.
    private static let waitingMax = 1000

    /// An account is in here while somebody has its turn.
    private let queues = Mutex<[BareJID: [Waiter]]>([:])

    /// Waits for the turn; `false` when too many wait already.
    func take(_ account: BareJID) async -> Bool {
        if takeFree(account) { return true }
        return await withCheckedContinuation { waiter in
            let answer: Bool? = queues.withLock { queues in
                guard let queue = queues[account] else {
                    queues[account] = []
                    return true
                }
                guard queue.count < Self.waitingMax else { return false }
                queues[account]?.append(waiter)
                return nil
            }
            if let answer { waiter.resume(returning: answer) }
        }
    }

    private func takeFree(_ account: BareJID) -> Bool {
        queues.withLock { queues in
            guard queues[account] == nil else { return false }
            queues[account] = []
            return true
        }
    }

    /// Hands the turn to who waits longest.
    func give(_ account: BareJID) {
        let next: Waiter? = queues.withLock { queues in
            guard let queue = queues[account], !queue.isEmpty else {
                queues[account] = nil
                return nil
            }
            return queues[account]?.removeFirst()
        }
        next?.resume(returning: true)
    }
}
