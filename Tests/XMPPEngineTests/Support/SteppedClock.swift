import Synchronization

/// A monotonic clock that a test moves; a `Mutex` guards it.
final class SteppedClock: Sendable {
    private let start = ContinuousClock.now
    private let passed = Mutex(1000)

    /// In seconds.
    var seconds: Int { passed.withLock { $0 } }

    var instant: ContinuousClock.Instant { start + .seconds(seconds) }

    func pass(_ seconds: Int) { passed.withLock { $0 += seconds } }
}
