import Glibc
import NIOCore

/// Why a listener cannot listen.
package struct ListenerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the listener was to listen on.
    package let endpoint: Endpoint
    /// `errno`, or 0 when the system was not asked.
    package let code: Int32
    /// Such as `address already in use`.
    package let reason: String

    init(_ endpoint: Endpoint, code: Int32 = 0, reason: String) {
        self.endpoint = endpoint
        self.code = code
        self.reason = reason
    }

    init(_ endpoint: Endpoint, _ error: any Error) {
        guard let system = error as? IOError else {
            self.init(endpoint, reason: "\(error)")
            return
        }
        let reason = String(cString: strerror(system.errnoCode))
        let lowered = reason.prefix(1).lowercased() + reason.dropFirst()
        self.init(endpoint, code: system.errnoCode, reason: lowered)
    }

    package var description: String { "\(reason): \(endpoint)" }
}
