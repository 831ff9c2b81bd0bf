import Synchronization
import XMPPStorage

/// The chief values of the server at one moment; rates are over the time since the point before.
package struct HistoryPoint: Hashable, Sendable {
    package var time: Timestamp
    /// By transport, in the order of `TransportClass.allCases`.
    package var sessions = [Int](repeating: 0, count: TransportClass.allCases.count)
    package var stanzasInPerSecond = 0.0
    package var stanzasOutPerSecond = 0.0
    package var bytesInPerSecond = 0.0
    package var bytesOutPerSecond = 0.0
    package var httpRequestsPerSecond = 0.0
    package var httpConnections = 0
    package var httpHolds = 0
    package var residentBytes = 0
    /// 1 is one processor, fully used.
    package var processorShare = 0.0
    /// Of the longest registered queue.
    package var queueLength = 0

    /// A point without values.
    package init(time: Timestamp) { self.time = time }

    /// Sessions over all transports.
    package var sessionCount: Int { sessions.reduce(0, +) }
}

/// The last hour, a point every ten seconds.
///
/// A `Mutex` guards the ring.
package final class History: Sendable {
    /// Time between two points.
    package static let interval = Duration.seconds(10)

    private struct Ring {
        var points: [HistoryPoint] = []
        var oldest = 0
    }

    private let capacity: Int
    private let ring = Mutex(Ring())

    /// Keeps at most so many points; 360 are an hour.
    package init(capacity: Int = 360) { self.capacity = max(1, capacity) }

    /// Adds a point, and drops the oldest when there are too many.
    package func append(_ point: HistoryPoint) {
        ring.withLock { ring in
            if ring.points.count < capacity {
                ring.points.append(point)
            } else {
                ring.points[ring.oldest] = point
                ring.oldest = (ring.oldest + 1) % capacity
            }
        }
    }

    /// The points, oldest first; the newest so many when `last` is given.
    package func points(last: Int = .max) -> [HistoryPoint] {
        let all = ring.withLock { Array($0.points[$0.oldest...] + $0.points[..<$0.oldest]) }
        return Array(all.suffix(max(0, last)))
    }

    /// One value of every point, oldest first, for a chart: `history.values(\.bytesInPerSecond)`.
    package func values<Value>(_ path: KeyPath<HistoryPoint, Value>) -> [Value] {
        points().map { $0[keyPath: path] }
    }

    /// The newest point; `nil` in the first ten seconds.
    package var latest: HistoryPoint? { points(last: 1).first }
}
