import Logging
import XMPPConfig

/// Where log lines go: standard error, as the service manager expects.
enum Logs {
    static func start(level: LogLevel) {
        let chosen = Logger.Level(level)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = chosen
            return handler
        }
    }
}

extension Logger.Level {
    init(_ level: LogLevel) {
        switch level {
        case .none, .emergency, .alert, .critical: self = .critical
        case .error: self = .error
        case .warning: self = .warning
        case .notice: self = .notice
        case .info: self = .info
        case .debug: self = .debug
        }
    }
}
