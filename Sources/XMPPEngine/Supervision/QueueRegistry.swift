import Synchronization

/// The queues of the server by name, so that the monitor can see which one grows.
///
/// Guarded by a `Mutex`.
package final class QueueRegistry: Sendable {
    /// One queue at one moment.
    package struct Reading: Hashable, Sendable {
        package let name: String
        package let length: Int

        /// A queue of that length.
        package init(name: String, length: Int) {
            self.name = name
            self.length = length
        }
    }

    private let gauges = Mutex<[String: @Sendable () -> Int]>([:])

    /// A registry without queues.
    package init() {}

    /// Adds a queue, or replaces the one of that name; `length` must be quick and never wait.
    package func register(_ name: String, length: @escaping @Sendable () -> Int) {
        gauges.withLock { $0[name] = length }
    }

    /// Takes a queue off the list.
    package func unregister(_ name: String) {
        gauges.withLock { $0[name] = nil }
    }

    /// All queues by name.
    package func readings() -> [Reading] {
        gauges.withLock { $0 }
            .map { Reading(name: $0.key, length: $0.value()) }
            .sorted { $0.name < $1.name }
    }
}
