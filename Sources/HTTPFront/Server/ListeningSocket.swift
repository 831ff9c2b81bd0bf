import CMicroHTTPD
import Glibc

/// Where a server listens.
package struct HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A port of an address, or a path in the file system.
    package enum Place: Sendable, Hashable {
        /// `ip` is an IPv4 or IPv6 address in digits; `::` takes both. Port 0 takes a free one.
        case port(UInt16, ip: String)
        case unix(path: String)
    }

    package let place: Place
    /// Connections the system keeps until they are accepted.
    package let backlog: Int32
    /// Permissions of a unix socket's file; what the umask leaves when `nil`.
    package var mode: mode_t?
    /// Who owns a unix socket's file; the server's user and group when `nil`.
    package var owner: uid_t?
    package var group: gid_t?

    package init(_ place: Place, backlog: Int32 = 128) {
        self.place = place
        self.backlog = backlog
    }

    package var description: String {
        switch place {
        case .port(let port, let ip): ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Owns one listening descriptor; `deinit` closes it.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    let port: UInt16
    private let unixPath: String?

    init(_ endpoint: HTTPEndpoint) throws(HTTPServerError) {
        let address = try Self.address(of: endpoint)
        let family = Int32(address.storage.ss_family)
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let opened = socket(family, type, 0)
        guard opened >= 0 else {
            throw .bind(address: endpoint.description, errno: errno)
        }
        if case .unix(let path) = endpoint.place {
            Self.removeDeadSocket(path, address)
            unixPath = path
        } else {
            unixPath = nil
        }
        Self.setOptions(opened, family: family, place: endpoint.place)
        let failure = address.with { Glibc.bind(opened, $0, $1) == 0 ? nil : errno }
        if let failure {
            close(opened)
            throw .bind(address: endpoint.description, errno: failure)
        }
        if case .unix(let path) = endpoint.place, !Self.setFile(path, endpoint) {
            let code = errno
            close(opened)
            unlink(path)
            throw .bind(address: endpoint.description, errno: code)
        }
        guard listen(opened, endpoint.backlog) == 0 else {
            let code = errno
            close(opened)
            throw .bind(address: endpoint.description, errno: code)
        }
        descriptor = opened
        port = Self.port(of: opened)
    }

    deinit {
        close(descriptor)
        if let unixPath { unlink(unixPath) }
    }

    private static func setOptions(_ socket: Int32, family: Int32, place: HTTPEndpoint.Place) {
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, size)
        guard family == AF_INET6, case .port(_, let ip) = place else { return }
        var isOnlyV6: Int32 = ip == "::" ? 0 : 1
        setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &isOnlyV6, size)
    }

    /// Nobody can connect before `listen`, so there is no moment with other permissions.
    private static func setFile(_ path: String, _ endpoint: HTTPEndpoint) -> Bool {
        if let mode = endpoint.mode, chmod(path, mode) != 0 { return false }
        guard endpoint.owner != nil || endpoint.group != nil else { return true }
        return chown(path, endpoint.owner ?? uid_t.max, endpoint.group ?? gid_t.max) == 0
    }

    /// A socket file that nobody listens on is left over from a server that was killed.
    private static func removeDeadSocket(_ path: String, _ address: SocketAddressBytes) {
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return }
        defer { close(probe) }
        let isDead = address.with { connect(probe, $0, $1) != 0 && errno == ECONNREFUSED }
        if isDead { unlink(path) }
    }

    private static func port(of socket: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let found = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket, $0, &length)
            }
        }
        return found == 0 ? PeerAddress(storage).port : 0
    }

    private static func address(
        of endpoint: HTTPEndpoint
    ) throws(HTTPServerError) -> SocketAddressBytes {
        switch endpoint.place {
        case .port(let port, let ip):
            guard let address = SocketAddressBytes(ip: ip, port: port) else {
                throw .badAddress(endpoint.description)
            }
            return address
        case .unix(let path):
            guard let address = SocketAddressBytes(unixPath: path) else {
                throw .badAddress(endpoint.description)
            }
            return address
        }
    }
}

/// A `sockaddr` of any family with its length.
struct SocketAddressBytes {
    private(set) var storage = sockaddr_storage()
    private var length: socklen_t

    /// `nil` when `ip` is not an address in digits.
    init?(ip: String, port: UInt16) {
        length = martlet_address_make(&storage, ip, port)
        guard length > 0 else { return nil }
    }

    /// `nil` when the path is empty or does not fit.
    init?(unixPath: String) {
        var address = sockaddr_un()
        let bytes = Array(unixPath.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return nil
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_un.self) }
    }

    func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
