import Logging
import XMPPConfig

extension Logger.Level {
    /// The nearest level to one of the `loglevel` option.
    package init(_ level: LogLevel) {
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

extension LogLevel {
    /// The level of the option that means the same.
    package init(_ level: Logger.Level) {
        switch level {
        case .trace, .debug: self = .debug
        case .info: self = .info
        case .notice: self = .notice
        case .warning: self = .warning
        case .error: self = .error
        case .critical: self = .critical
        }
    }
}
