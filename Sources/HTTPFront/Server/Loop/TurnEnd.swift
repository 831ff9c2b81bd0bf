import XMPPEngine

/// What a loop does after it has handled all that was ready: streams flush their answers then.
///
/// Guarded by its loop.
final class TurnEnd {
    private var work: [@Sendable () -> Void] = []

    var isEmpty: Bool { work.isEmpty }

    func append(_ body: @escaping @Sendable () -> Void) { work.append(body) }

    /// Does what waits; what that adds is left for the next call.
    func run() {
        let due = work
        work = []
        for body in due { body() }
        guard work.isEmpty, due.capacity <= 64 else { return }
        work = due
        work.removeAll(keepingCapacity: true)
    }
}

/// Runs a stream loop on the thread of an HTTP loop.
final class HTTPLoopDriver: LoopDriver, @unchecked Sendable {
    // Sendable because `wake` uses the mailbox, which has its own lock; the rest is called on the
    // loop's thread only, which keeps the loop, and `loop` is set before that thread starts.
    private let mailbox: LoopMailbox
    private let turnEnd: TurnEnd
    unowned(unsafe) var loop: HTTPLoop?

    init(mailbox: LoopMailbox, turnEnd: TurnEnd) {
        self.mailbox = mailbox
        self.turnEnd = turnEnd
    }

    func wake(_ work: @escaping @Sendable () -> Void) { mailbox.append(work) }

    func atEndOfTurn(_ work: @escaping @Sendable () -> Void) { turnEnd.append(work) }

    func schedule(afterMilliseconds delay: Int, _ work: @escaping @Sendable () -> Void) {
        loop?.schedule(after: .milliseconds(delay)) { work() }
    }
}
