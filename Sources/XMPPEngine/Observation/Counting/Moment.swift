import Glibc

/// The monotonic clock, for measuring how long something takes.
package enum Moment {
    /// Nanoseconds since some moment in the past.
    package static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
