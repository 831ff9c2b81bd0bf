import XMPPConfig

/// What counts as one client: an IPv4 address, or the /64 that an IPv6 client has to choose from.
package struct ClientNetwork: Hashable, Sendable, CustomStringConvertible {
    private let isV6: Bool
    /// The address of IPv4, the first half of IPv6.
    private let bits: UInt64

    /// The network that an address is of.
    package init(_ address: IPAddress) {
        isV6 = address.isV6
        bits = address.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Its first address.
    private var address: IPAddress? {
        let bytes = withUnsafeBytes(of: bits.bigEndian) { Array($0) }
        return IPAddress(bytes: isV6 ? bytes + [UInt8](repeating: 0, count: 8) : Array(bytes[4...]))
    }

    /// Whether it lies in a range, or a range of IPv6 in it.
    package func overlaps(_ range: IPNetwork) -> Bool {
        guard let address else { return false }
        return range.contains(address) || ClientNetwork(range.address) == self
    }

    /// `192.0.2.1` or `2001:db8::/64`.
    package var description: String { (address?.description ?? "") + (isV6 ? "/64" : "") }
}
