import Synchronization

/// One metric: what it is called, what it means, how it behaves.
package struct MetricFamily: Hashable, Sendable {
    /// How a metric behaves (OpenMetrics 1.0 §5).
    package enum Kind: String, Sendable {
        case counter, gauge, histogram, info
    }

    /// Begins with `martlet_`; base units, no `_total`: the writer adds what the format wants.
    package let name: String
    package let kind: Kind
    /// The base unit that the name ends with: `seconds`, `bytes`, or empty.
    package let unit: String
    package let help: String
    /// The names of its labels.
    package let labels: [String]

    /// Declares a metric.
    package init(
        _ name: String, _ kind: Kind, unit: String = "", labels: [String] = [], _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.labels = labels
    }
}

/// One value of a metric.
package struct MetricPoint: Hashable, Sendable {
    /// A number, or a distribution.
    package enum Measurement: Hashable, Sendable {
        case int(Int)
        case double(Double)
        case histogram(LatencyReading)
    }

    /// As many as the family has labels.
    package let labels: [String]
    package let value: Measurement

    /// A whole number under some labels.
    package init(_ labels: [String] = [], _ value: Int) {
        self.labels = labels
        self.value = .int(value)
    }

    /// A number under some labels.
    package init(_ labels: [String] = [], _ value: Double) {
        self.labels = labels
        self.value = .double(value)
    }

    /// A distribution under some labels.
    package init(_ labels: [String] = [], _ value: LatencyReading) {
        self.labels = labels
        self.value = .histogram(value)
    }
}

/// Every metric of the server, with a way to read each: what `/metrics` shows.
///
/// A `Mutex` guards the list.
package final class MetricRegistry: Sendable {
    /// Reads a metric's values; quick, never waits, called on any thread.
    package typealias Read = @Sendable () -> [MetricPoint]

    private let families = Mutex<[(family: MetricFamily, read: Read)]>([])

    package init() {}

    /// Adds a metric, or gives the one of that name another reader.
    package func register(_ family: MetricFamily, _ read: @escaping Read) {
        families.withLock { families in
            families.removeAll { $0.family.name == family.name }
            families.append((family, read))
        }
    }

    /// Takes a metric off the list.
    package func unregister(_ name: String) {
        families.withLock { $0.removeAll { $0.family.name == name } }
    }

    /// Every metric by name, read now.
    package func readings() -> [(family: MetricFamily, points: [MetricPoint])] {
        families.withLock { $0 }.sorted { $0.family.name < $1.family.name }
            .map { ($0.family, $0.read()) }
    }
}
