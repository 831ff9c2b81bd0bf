import NIOCore

extension SocketAddress {
    /// The 4 or 16 bytes of an IP address in network order; `nil` for a unix socket.
    var addressBytes: [UInt8]? {
        let isIPv4: Bool
        switch self {
        case .v4: isIPv4 = true
        case .v6: isIPv4 = false
        case .unixDomainSocket: return nil
        }
        return withSockAddr { pointer, size in
            // Where sockaddr_in and sockaddr_in6 keep it.
            let place = isIPv4 ? 4..<8 : 8..<24
            guard size >= place.upperBound else { return nil }
            return Array(UnsafeRawBufferPointer(start: pointer, count: size)[place])
        }
    }

    /// An IPv4 address that a dual-stack socket shows as IPv6 (RFC 4291 §2.5.5.2), as IPv4.
    var unmapped: SocketAddress {
        guard case .v6 = self, let bytes = addressBytes, let port else { return self }
        let isMapped =
            bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11].allSatisfy { $0 == 0xFF }
        guard isMapped else { return self }
        let packed = ByteBuffer(bytes: bytes.suffix(4))
        return (try? SocketAddress(packedIPAddress: packed, port: port)) ?? self
    }
}
