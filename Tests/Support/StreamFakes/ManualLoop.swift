import Synchronization
import XMPPEngine

/// A loop that turns when it is told to.
package final class ManualLoop: LoopDriver {
    private let work = Mutex<[@Sendable () -> Void]>([])

    package init() {}

    package func wake(_ work: @escaping @Sendable () -> Void) { add(work) }

    package func atEndOfTurn(_ work: @escaping @Sendable () -> Void) { add(work) }

    /// Timers never fire.
    package func schedule(
        afterMilliseconds delay: Int, _ work: @escaping @Sendable () -> Void
    ) {}

    private func add(_ work: @escaping @Sendable () -> Void) {
        self.work.withLock { $0.append(work) }
    }

    /// Does all there is to do, and what comes of it.
    package func turn() {
        while true {
            let due = work.withLock { work in
                defer { work = [] }
                return work
            }
            if due.isEmpty { return }
            for work in due { work() }
        }
    }
}
