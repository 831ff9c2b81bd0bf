/// A range of addresses by prefix: `10.0.0.0/8`, `2001:db8::/32`, or one address.
package struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    /// How many leading bits count: 0 to 32 or 128.
    package let prefixLength: Int

    /// Reads an address, optionally followed by `/` and the number of bits that count.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        let bitsMax = address.bytes.count * 8
        self.address = address
        guard parts.count == 2 else {
            prefixLength = bitsMax
            return
        }
        guard parts[1].allSatisfy(\.isNumber), let bits = Int(parts[1]), bits <= bitsMax else {
            return nil
        }
        prefixLength = bits
    }

    /// Whether an address lies in the range; never across the two families.
    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefixLength / 8
        guard other.bytes[..<whole] == address.bytes[..<whole] else { return false }
        let bits = prefixLength % 8
        guard bits > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
        return other.bytes[whole] & mask == address.bytes[whole] & mask
    }

    package var description: String {
        prefixLength == address.bytes.count * 8 ? "\(address)" : "\(address)/\(prefixLength)"
    }
}

extension IPNetwork: OptionValue {
    package static var typeName: String { "an IP address or network (`10.0.0.0/8`, `::1`)" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> IPNetwork? {
        reader.value(of: node) { IPNetwork($0) }
    }

    package var configurationText: String { description }
}
