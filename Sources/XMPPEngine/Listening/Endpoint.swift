import NIOCore

/// Where a listener listens.
package enum Endpoint: Hashable, Sendable {
    /// A TCP port, 0 for any free one, on an IPv4 or IPv6 address; `::` takes IPv4 as well.
    case port(Int, address: String)
    /// A unix socket; permissions such as `0o660`, or `nil` for what the umask leaves.
    case unix(path: String, mode: UInt32?)

    /// Reads ejabberd's `port` and `ip`; `nil` for what is no port or no IP address.
    ///
    /// - Parameters:
    ///   - port: A number, or `unix:` and a path.
    ///   - ip: An address of either family; brackets are allowed.
    package init?(port: String, ip: String = "0.0.0.0") {
        if port.hasPrefix("unix:") {
            let path = String(port.dropFirst(5))
            guard !path.isEmpty, (try? SocketAddress(unixDomainSocketPath: path)) != nil else {
                return nil
            }
            self = .unix(path: path, mode: nil)
            return
        }
        var address = Substring(ip)
        if address.hasPrefix("["), address.hasSuffix("]") {
            address = address.dropFirst().dropLast()
        }
        guard let number = UInt16(port).map(Int.init),
            (try? SocketAddress(ipAddress: String(address), port: number)) != nil
        else { return nil }
        self = .port(number, address: String(address))
    }

    func socketAddress() throws -> SocketAddress {
        switch self {
        case .port(let port, let address): try SocketAddress(ipAddress: address, port: port)
        case .unix(let path, _): try SocketAddress(unixDomainSocketPath: path)
        }
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String {
        switch self {
        case .port(let port, let address):
            address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path, _): "unix:\(path)"
        }
    }
}
