import Glibc

/// Time-outs in whole seconds, many of which never come due: sorted into buckets, swept once a
/// second.
///
/// Guarded by its loop.
package final class CoarseTimers {
    package struct Token: Sendable {
        fileprivate let second: Int
        fileprivate let id: UInt64
    }

    private var buckets: [Int: [UInt64: @Sendable () -> Void]] = [:]
    private var lastSwept: Int
    private var nextID: UInt64 = 0
    private var isTicking = false
    private let now: () -> Int

    /// Monotonic seconds.
    package static func clock() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }

    /// Monotonic milliseconds.
    package static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1000 &+ time.tv_nsec / 1_000_000
    }

    init(now: @escaping () -> Int = CoarseTimers.clock) {
        self.now = now
        lastSwept = now()
    }

    func add(afterSeconds seconds: Int, _ work: @escaping @Sendable () -> Void) -> Token {
        if buckets.isEmpty { lastSwept = now() }
        // One second more, for the part of the present second that is over.
        let second = now() + max(0, min(seconds, 1 << 30)) + 1
        nextID &+= 1
        buckets[second, default: [:]][nextID] = work
        return Token(second: second, id: nextID)
    }

    package func cancel(_ token: Token) {
        buckets[token.second]?[token.id] = nil
        if buckets[token.second]?.isEmpty == true { buckets[token.second] = nil }
    }

    /// Whether the owner must start to call `fireDue` every second; says so once.
    var mustTick: Bool {
        guard !isTicking, !buckets.isEmpty else { return false }
        isTicking = true
        return true
    }

    /// Runs what is due.
    ///
    /// - Returns: Whether anything is left to tick for.
    func fireDue() -> Bool {
        let current = now()
        while lastSwept < current {
            lastSwept += 1
            guard let due = buckets.removeValue(forKey: lastSwept) else { continue }
            for work in due.sorted(by: { $0.key < $1.key }) { work.value() }
        }
        isTicking = !buckets.isEmpty
        return isTicking
    }
}
