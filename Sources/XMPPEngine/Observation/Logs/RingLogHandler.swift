import Logging

/// Writes log lines by another handler and keeps them in a ring.
///
/// The level is the ring's, so that it may change at run time, unless a logger has set its own.
package struct RingLogHandler: LogHandler {
    private let label: String
    private let ring: LogRing
    private var ownLevel: Logger.Level?
    private var other: any LogHandler

    /// - Parameters:
    ///   - label: Of the logger.
    ///   - ring: Has the level, and keeps the lines.
    ///   - other: Writes the lines; its own level does not count.
    package init(label: String, ring: LogRing, other: any LogHandler) {
        self.label = label
        self.ring = ring
        self.other = other
        self.other.logLevel = .trace
    }

    package var logLevel: Logger.Level {
        get { ownLevel ?? ring.level }
        set { ownLevel = newValue }
    }

    package var metadata: Logger.Metadata {
        get { other.metadata }
        set { other.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { other.metadataProvider }
        set { other.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { other[metadataKey: key] }
        set { other[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) {
        other.log(event: event)
        let metadata = other.metadata.merging(event.metadata ?? [:]) { _, new in new }
        ring.append(event.level, label: label, "\(event.message)", metadata)
    }
}
