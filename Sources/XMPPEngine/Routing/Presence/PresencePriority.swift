import XMPPCore

/// Reads the priority of a presence without building a tree (RFC 6121 §4.7.2.3).
enum PresencePriority {
    /// - Returns: 0 when there is none; `nil` when it is no integer from −128 to 127, or there are
    ///   several.
    static func read(_ payload: Payload) -> Int8? {
        var found: Int8?
        for child in payload.children where child.is("priority", .client) {
            guard found == nil, let value = value(of: payload.bytes[child.range]) else {
                return nil
            }
            found = value
        }
        return found ?? 0
    }

    private static func value(of element: ArraySlice<UInt8>) -> Int8? {
        // Canonical bytes have no '>' inside of a tag.
        guard let open = element.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        let rest = element[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "<")) else { return nil }
        var text = rest[..<close]
        while let byte = text.first, isSpace(byte) { text = text.dropFirst() }
        while let byte = text.last, isSpace(byte) { text = text.dropLast() }
        guard text.count <= 16 else { return nil }
        return Int8(String(decoding: text, as: UTF8.self))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x09
    }
}
