import Glibc

/// The monotonic clock, for measuring transactions.
enum StorageClock {
    /// Nanoseconds since some moment in the past.
    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
