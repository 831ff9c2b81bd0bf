import Logging
import XMPPConfig
import XMPPEngine

/// Where log lines go: standard error, as the service manager expects, and a ring in memory.
enum Logs {
    /// Starts the log; to be called once.
    static func start(level: LogLevel) -> LogRing {
        let ring = LogRing(level: Logger.Level(level))
        LoggingSystem.bootstrap { label in
            RingLogHandler(
                label: label, ring: ring, other: StreamLogHandler.standardError(label: label))
        }
        return ring
    }
}
