import XMPPEngine

/// `application/x-www-form-urlencoded`, as queries and forms have it (URL Standard §5).
enum FormText {
    static let bytesMax = 16_384
    private static let fieldsMax = 64

    /// Names with their values; of several values of one name the first counts.
    static func decode(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.utf8.split(separator: UInt8(ascii: "&")).prefix(fieldsMax) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = unescape(pair[..<equals])
            guard fields[name] == nil else { continue }
            fields[name] = unescape(pair[equals...].dropFirst())
        }
        return fields
    }

    /// Parameters as a query, without `?`.
    static func encode(_ parameters: [ConsoleParameter]) -> String {
        parameters.map { escape($0.name) + "=" + escape($0.value) }.joined(separator: "&")
    }

    /// Text with all but letters, digits, `-`, `.`, `_` and `~` as percent escapes.
    static func escape(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [0x25, digit(byte >> 4), digit(byte & 15)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Two digits.
    static func hexadecimal(_ byte: UInt8) -> String {
        String(decoding: [digit(byte >> 4), digit(byte & 15)], as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? value + 0x30 : value - 10 + 0x41
    }

    private static func unescape(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            let rest = text[index...].dropFirst()
            text.formIndex(after: &index)
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                let pair = Array(rest.prefix(2))
                if pair.count == 2, let high = value(pair[0]), let low = value(pair[1]) {
                    bytes.append(high << 4 | low)
                    index = text.index(index, offsetBy: 2)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
