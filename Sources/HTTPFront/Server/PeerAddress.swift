import CMicroHTTPD
import Glibc
import NIOCore
import XMPPConfig

/// The address of a client: IPv4, IPv6 or a local socket.
package struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case v4(UInt32)
        case v6(UInt64, UInt64)
        case local
    }

    private let kind: Kind
    /// 0 for a local socket.
    package let port: UInt16

    /// Reads what accept(2) filled in.
    init(_ storage: sockaddr_storage) {
        var bytes = [UInt8](repeating: 0, count: 16)
        var port = UInt16(0)
        let count = withUnsafePointer(to: storage) { martlet_address_read($0, &bytes, &port) }
        switch count {
        case 4: kind = .v4(bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
        case 16: kind = Self.unmapped(bytes)
        default: kind = .local
        }
        self.port = port
    }

    /// An address that a PROXY header names.
    init(_ address: SocketAddress) {
        let storage: sockaddr_storage = address.withSockAddr { address, count in
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                let size = min(count, $0.count)
                $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
            }
            return storage
        }
        self.init(storage)
    }

    /// An address that a proxy names; port 0 when it names none.
    init(_ address: IPAddress, port: UInt16 = 0) {
        let parts = address.bytes
        if parts.count == 4 {
            kind = .v4(parts.reduce(0) { $0 << 8 | UInt32($1) })
        } else {
            kind = .v6(
                parts.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                parts.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
        }
        self.port = port
    }

    /// IPv4 clients of an IPv6 socket come as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
    private static func unmapped(_ address: [UInt8]) -> Kind {
        let high = address.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = address.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard high == 0, low >> 32 == 0xffff else { return .v6(high, low) }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    /// The address without port; `nil` for a local socket.
    var ip: IPAddress? {
        switch kind {
        case .v4(let address): IPAddress(bytes: address.bytes)
        case .v6(let high, let low): IPAddress(bytes: high.bytes + low.bytes)
        case .local: nil
        }
    }

    /// True for a unix socket.
    package var isLocal: Bool { kind == .local }

    /// True for 127.0.0.0/8, ::1 and local sockets.
    package var isLoopback: Bool {
        switch kind {
        case .v4(let address): address >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        case .local: true
        }
    }

    /// What counts as one client: an IPv4 address, an IPv6 /64 network; 0 for local sockets.
    var network: UInt64 {
        switch kind {
        case .v4(let address): UInt64(address)
        case .v6(let high, _): high
        case .local: 0
        }
    }

    /// The address without port: `192.0.2.1`, `2001:db8::1`, `local`.
    package var description: String {
        switch kind {
        case .v4(let address):
            return "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
        case .v6(let high, let low):
            var bytes = [high.bigEndian, low.bigEndian]
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count)) != nil else {
                return ""
            }
            let used = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return String(decoding: used, as: UTF8.self)
        case .local:
            return "local"
        }
    }
}

extension FixedWidthInteger {
    /// Most significant byte first.
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
