/// Base 64 with the standard alphabet and padding (RFC 4648 §4).
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// Writes base 64 in one line, padded.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var pending: UInt32 = 0
        var held = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                append(pending, digits: 4, to: &output)
                (pending, held) = (0, 0)
            }
        }
        if held > 0 {
            append(pending << UInt32(8 * (3 - held)), digits: held + 1, to: &output)
            output.append(contentsOf: repeatElement(padding, count: 3 - held))
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads base 64 strictly.
    ///
    /// Refuses white space, missing or misplaced padding, bits set beyond the last byte and every
    /// character outside the alphabet (RFC 4648 §3.3, §3.5; RFC 6120 §13.9.1).
    ///
    /// - Returns: The bytes; `nil` when the text is not base 64.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let digits = text.prefix { $0 != padding }
        let paddingCount = text.count - digits.count
        guard paddingCount <= 2, text.suffix(paddingCount).allSatisfy({ $0 == padding }) else {
            return nil
        }
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for character in digits {
            guard let value = value(of: character) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: pending >> bits))
                pending &= (1 << bits) - 1
            }
        }
        return pending == 0 ? output : nil
    }

    /// Reads base 64 strictly; `nil` when the text is not base 64.
    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }

    private static func append(_ group: UInt32, digits: Int, to output: inout [UInt8]) {
        for digit in 0..<digits {
            output.append(alphabet[Int(group >> UInt32(18 - 6 * digit) & 0x3F)])
        }
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
