import Glibc

/// Why an HTTP server could not start; a supervisor may try again.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// An address that cannot be had: in use, not of this machine, not allowed.
    case bind(address: String, errno: Int32)
    /// An address that cannot be understood.
    case badAddress(String)
    /// A system call had no descriptor, memory or thread left.
    case resources(String, errno: Int32)
    /// libmicrohttpd did not start.
    case daemon

    package var description: String {
        switch self {
        case .bind(let address, let code): "cannot listen on \(address): \(Self.text(code))"
        case .badAddress(let address): "\(address) is not an address to listen on"
        case .resources(let call, let code): "\(call): \(Self.text(code))"
        case .daemon: "libmicrohttpd did not start"
        }
    }

    private static func text(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
