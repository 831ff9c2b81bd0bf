import Synchronization

/// What the sessions without a connection may take.
package struct HeldLimits: Sendable {
    /// Sessions of the server; with as many, one that loses its connection ends.
    package var sessionsMax = 20_000
    /// Sessions of one account; what was held longest gives way to one more.
    package var accountSessionsMax = 5
    /// Bytes that wait for one session; one that would have more ends.
    package var sessionBytesMax = 8 << 20
    /// Bytes that wait for all sessions; one that would add to as many ends.
    package var bytesMax = 128 << 20

    package init() {}
}

/// The sessions of all hosts that have no connection, and what waits for them; guarded by atomics.
package final class HeldSessions: Sendable {
    package let limits: HeldLimits
    private let sessions = Atomic(0)
    private let bytes = Atomic(0)

    package init(_ limits: HeldLimits = HeldLimits()) { self.limits = limits }

    /// Bytes that wait in all sessions.
    package var byteCount: Int { bytes.load(ordering: .relaxed) }

    /// Room for one more session.
    ///
    /// - Parameter bytes: What waits for it already.
    /// - Returns: `nil` when there is no room; it has to end.
    func share(of bytes: Int) -> HeldShare? {
        guard Self.add(1, to: sessions, max: limits.sessionsMax) else { return nil }
        let share = HeldShare(of: self)
        return share.follow(bytes) ? share : nil
    }

    /// One session's bytes are others now; `false`, and nothing is changed, when it may not be.
    fileprivate func change(from former: Int, to next: Int) -> Bool {
        guard next > former else {
            bytes.subtract(former - next, ordering: .relaxed)
            return true
        }
        guard next <= limits.sessionBytesMax else { return false }
        return Self.add(next - former, to: bytes, max: limits.bytesMax)
    }

    fileprivate func end(_ share: Int) {
        bytes.subtract(share, ordering: .relaxed)
        sessions.subtract(1, ordering: .relaxed)
    }

    private static func add(_ amount: Int, to sum: borrowing Atomic<Int>, max: Int) -> Bool {
        guard sum.add(amount, ordering: .relaxed).newValue > max else { return true }
        sum.subtract(amount, ordering: .relaxed)
        return false
    }
}

/// What one held session takes of what all may; given back when it is let go.
///
/// Guarded by the loop of the session.
package final class HeldShare {
    private let whole: HeldSessions
    private var bytes = 0

    fileprivate init(of whole: HeldSessions) { self.whole = whole }

    deinit { whole.end(bytes) }

    /// So much waits for the session by now; `false` when that is too much.
    func follow(_ bytes: Int) -> Bool {
        guard whole.change(from: self.bytes, to: bytes) else { return false }
        self.bytes = bytes
        return true
    }
}
