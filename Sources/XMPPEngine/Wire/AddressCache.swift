import Glibc

/// Remembers how the last addresses were prepared: most stanzas go where an earlier one went.
///
/// Owned by one parser. Bounded: an address takes the place of the one that had its slot.
struct AddressCache {
    private struct Entry {
        var text: [UInt8]
        var jid: JID
    }

    private static let size = 256
    private var entries: [Entry?] = []

    mutating func address(_ bytes: UnsafeBufferPointer<UInt8>) -> ParsedStanza.Address {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return .malformed }
        if entries.isEmpty { entries = [Entry?](repeating: nil, count: Self.size) }
        let slot = Self.slot(of: bytes)
        if let entry = entries[slot], entry.text.count == bytes.count,
            memcmp(entry.text, base, bytes.count) == 0
        {
            return .valid(entry.jid)
        }
        guard let jid = JID(utf8: bytes) else { return .malformed }
        entries[slot] = Entry(text: Array(bytes), jid: jid)
        return .valid(jid)
    }

    /// FNV-1a.
    private static func slot(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash ^= UInt64(byte)
            hash = hash &* 0x100_0000_01b3
        }
        return Int(truncatingIfNeeded: hash >> 20) & (size - 1)
    }
}
