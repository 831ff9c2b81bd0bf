/// A time whose distribution is kept.
package enum Latency: UInt8, Sendable, CaseIterable {
    /// From an HTTP request's last byte to its answer, when it was not held.
    case httpRequest
    /// One read from a socket, parsed, routed and handed to its receivers; one in 16 is timed.
    case routingTurn
    /// One storage transaction, a group of writes being one.
    case storageTransaction

    /// Upper bounds of the buckets in nanoseconds; one more bucket is without bound.
    package static let bounds: [Int] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
        2_500_000_000, 10_000_000_000,
    ]

    /// Buckets, and the sum.
    static let cells = bounds.count + 2

    /// The bucket of a time.
    static func bucket(_ nanoseconds: Int) -> Int {
        bounds.firstIndex { nanoseconds <= $0 } ?? bounds.count
    }
}

/// A distribution of times at one moment.
package struct LatencyReading: Hashable, Sendable {
    /// How many fell into each bucket of `Latency.bounds`, and behind the last; not cumulative.
    package let buckets: [Int]
    /// Of all times, in nanoseconds.
    package let sumNanoseconds: Int

    /// A distribution put together by hand.
    package init(buckets: [Int], sumNanoseconds: Int) {
        self.buckets = buckets
        self.sumNanoseconds = sumNanoseconds
    }

    /// How many times were taken.
    package var count: Int { buckets.reduce(0, +) }

    /// The upper bound, in seconds, of the bucket that holds a share (0 to 1) of the times.
    ///
    /// - Returns: `nil` without times; infinity behind the last bound.
    package func quantile(_ share: Double) -> Double? {
        let wanted = Double(count) * share
        guard count > 0 else { return nil }
        var seen = 0
        for (index, bucket) in buckets.enumerated() {
            seen += bucket
            guard Double(seen) >= wanted, seen > 0 else { continue }
            guard index < Latency.bounds.count else { return .infinity }
            return Double(Latency.bounds[index]) / 1e9
        }
        return .infinity
    }
}
