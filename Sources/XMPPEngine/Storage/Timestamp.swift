import Glibc

/// A moment of wall-clock time.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int64

    /// Makes a moment from milliseconds since 1970.
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// What the system clock says.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Moves by a duration of either sign; stops at the ends of the range.
    package func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (whole, overflowed) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflowed else { return .limit(isLate: seconds > 0) }
        let (step, stepOverflowed) = whole.addingReportingOverflow(
            attoseconds / 1_000_000_000_000_000)
        let (sum, sumOverflowed) = milliseconds.addingReportingOverflow(step)
        guard !stepOverflowed, !sumOverflowed else { return .limit(isLate: seconds > 0) }
        return Timestamp(milliseconds: sum)
    }

    private static func limit(isLate: Bool) -> Timestamp {
        Timestamp(milliseconds: isLate ? .max : .min)
    }

    /// Orders from earlier to later.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
