/// Decodes the path of a request target (RFC 3986 §3.3) so that nothing hides in it.
enum PathDecoder {
    /// The decoded path; `nil` when it is malformed or tries to hide something.
    ///
    /// Refused are bad escapes, encoded slashes and backslashes, NUL and other controls, dot
    /// segments, empty segments inside, and what is not UTF-8.
    static func decode(_ path: Substring) -> String? {
        if isPlain(path) { return String(path) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.utf8.count)
        var source = path.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = source.next().flatMap(digit), let low = source.next().flatMap(digit)
            else { return nil }
            let decoded = high << 4 | low
            guard decoded != UInt8(ascii: "/"), decoded != UInt8(ascii: "\\") else { return nil }
            bytes.append(decoded)
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }), !hasOddSegments(bytes) else {
            return nil
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Whether there is nothing to decode or to suspect, as in most paths.
    private static func isPlain(_ path: Substring) -> Bool {
        var last = UInt8(0)
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "."):
                if last == UInt8(ascii: "/") { return false }
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                break
            default:
                return false
            }
            last = byte
        }
        return true
    }

    private static func hasOddSegments(_ path: [UInt8]) -> Bool {
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return segments.enumerated().contains { index, segment in
            let isEdge = index == 0 || index == segments.count - 1
            let isDots = segment.count <= 2 && segment.allSatisfy { $0 == UInt8(ascii: ".") }
            return segment.isEmpty ? !isEdge : isDots
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
