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
