/// One request of HTTP polling, cut into its parts and not yet judged (XEP-0025 §3).
///
/// `identifier ; key [ ; new_key] , [xml_body]`
struct PollRequest: Equatable {
    enum Identifier: Equatable {
        /// `0`: a new session.
        case new
        /// `mobile`: a new session of a client that cannot see header fields; it finds its
        /// identifier in the first line of the answer.
        case newMobile
        case session(String)
    }

    let identifier: Identifier
    /// `nil` for a client that uses no keys.
    let key: String?
    let newKey: String?
    /// Where in the request the stream goes on; maybe nowhere.
    let content: Range<Int>

    /// Bytes before the comma.
    private static let headBytesMax = 512
    /// Longest identifier; ours are shorter.
    private static let identifierBytesMax = 64

    /// Reads a request; `nil` when it does not have that form.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let comma = UInt8(ascii: ",")
        guard let end = bytes.prefix(Self.headBytesMax + 1).firstIndex(of: comma) else {
            return nil
        }
        let parts = bytes[..<end].split(
            separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), let identifier = Self.identifier(parts[0]) else {
            return nil
        }
        var keys: [String] = []
        for part in parts.dropFirst() {
            guard !part.isEmpty, let key = String(validating: part, as: UTF8.self) else {
                return nil
            }
            keys.append(key)
        }
        self.identifier = identifier
        key = keys.first
        newKey = keys.count > 1 ? keys[1] : nil
        content = (end + 1)..<bytes.count
    }

    private static func identifier(_ bytes: Slice<UnsafeRawBufferPointer>) -> Identifier? {
        guard (1...identifierBytesMax).contains(bytes.count), bytes.allSatisfy(isIdentifier) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        switch text {
        case "0": return .new
        case "mobile": return .newMobile
        default: return .session(text)
        }
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: ":"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
