import Glibc

/// An IPv4 or IPv6 address.
///
/// An IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2) is IPv4 here.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    /// Takes 4 or 16 bytes in network order; `nil` for any other count.
    package init?(bytes: some Collection<UInt8>) {
        let all = Array(bytes)
        switch all.count {
        case 4: self.bytes = all
        case 16: self.bytes = Self.isMapped(all) ? Array(all[12...]) : all
        case _: return nil
        }
    }

    /// Reads `192.0.2.1`, `2001:db8::1` or the latter in brackets; no zone, no short forms of v4.
    package init?(_ text: String) {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]") && text.utf8.count > 2
        let bare = isBracketed ? String(text.dropFirst().dropLast()) : text
        guard bare.utf8.count <= 45 else { return nil }
        var v4 = in_addr()
        if !isBracketed, inet_pton(AF_INET, bare, &v4) == 1 {
            self.init(bytes: withUnsafeBytes(of: v4) { Array($0) })
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, bare, &v6) == 1 else { return nil }
        self.init(bytes: withUnsafeBytes(of: v6) { Array($0) })
    }

    private static func isMapped(_ bytes: [UInt8]) -> Bool {
        bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    }

    package var isV6: Bool { bytes.count == 16 }

    /// What one subscriber has, as its first address: all of IPv4, the /64 of an IPv6 address.
    package var subscriber: IPAddress? {
        isV6 ? IPAddress(bytes: bytes.prefix(8) + [UInt8](repeating: 0, count: 8)) : self
    }

    /// `0.0.0.0` or `::`: every address of the machine.
    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    /// 127.0.0.0/8 or `::1`.
    package var isLoopback: Bool {
        isV6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let written = bytes.withUnsafeBytes { raw in
            inet_ntop(isV6 ? AF_INET6 : AF_INET, raw.baseAddress, &text, socklen_t(text.count))
        }
        guard written != nil else { return "" }
        let characters = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: characters, as: UTF8.self)
    }
}

extension IPAddress: OptionValue {
    package static var typeName: String { "an IP address (`127.0.0.1`, `::`)" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> IPAddress? {
        reader.value(of: node) { IPAddress($0) }
    }

    package var configurationText: String { description }
}
