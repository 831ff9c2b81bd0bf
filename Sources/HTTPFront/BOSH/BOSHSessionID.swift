import XMPPEngine

/// The `sid` of a session: 24 characters that nobody can guess (XEP-0124 §7.2).
struct BOSHSessionID: Hashable, Sendable {
    private static let length = 24
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64

    /// A new one.
    init() {
        let text = Array(SecureRandom.token().utf8)
        precondition(text.count == Self.length, "a token has 24 characters")
        self = text.withUnsafeBytes { BOSHSessionID(characters: $0) }
    }

    private init(characters: UnsafeRawBufferPointer) {
        first = characters.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = characters.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        third = characters.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
    }

    var text: String {
        withUnsafeBytes(of: self) { String(decoding: $0, as: UTF8.self) }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(first) }

    /// What the start tag of a request seems to say; the parser has the last word.
    enum Hint: Equatable {
        case none
        case known(BOSHSessionID)
        /// There is a `sid`, but not one of ours.
        case foreign
    }

    /// Looks for `sid` before the request is parsed, to find its session and loop.
    static func hint(in bytes: UnsafeRawBufferPointer) -> Hint {
        let limit = min(bytes.count, 4096)
        var index = 1
        while index + 4 < limit {
            if bytes[index] == UInt8(ascii: ">") { return .none }
            if bytes[index] == UInt8(ascii: "s"), bytes[index + 1] == UInt8(ascii: "i"),
                bytes[index + 2] == UInt8(ascii: "d"), isSpace(bytes[index - 1]),
                let value = value(in: bytes, at: index + 3, limit: limit)
            {
                guard value.count == length else { return .foreign }
                return .known(BOSHSessionID(characters: value))
            }
            index += 1
        }
        return .none
    }

    /// The quoted text after `=`.
    private static func value(
        in bytes: UnsafeRawBufferPointer, at start: Int, limit: Int
    ) -> UnsafeRawBufferPointer? {
        var index = start
        while index < limit, isSpace(bytes[index]) { index += 1 }
        guard index < limit, bytes[index] == UInt8(ascii: "=") else { return nil }
        index += 1
        while index < limit, isSpace(bytes[index]) { index += 1 }
        guard index < limit else { return nil }
        let quote = bytes[index]
        guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        let rest = bytes[(index + 1)..<limit]
        guard let end = rest.firstIndex(of: quote) else { return nil }
        return UnsafeRawBufferPointer(rebasing: rest[..<end])
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
