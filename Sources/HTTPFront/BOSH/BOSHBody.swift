import XMPPCore

/// What stands in a `<body/>`: a stanza, or an element that is none.
enum BOSHPayload {
    case stanza(ParsedStanza)
    case nonza(Element)
}

/// One `<body/>` of a client, read and not yet judged (XEP-0124 §6).
struct BOSHBody {
    let header: StreamHeader
    var payloads: [BOSHPayload] = []
    /// Length of the request.
    var bytes = 0

    init(header: StreamHeader) { self.header = header }

    /// The greatest number that a double holds exactly (XEP-0124 §14.1).
    static let ridMax = 9_007_199_254_740_991

    /// The request number, 1 to 2⁵³−1; `nil` without one, or for anything else.
    var rid: Int? { header["rid"].flatMap { Self.number($0, max: Self.ridMax) } }

    var isTerminate: Bool { header["type"] == "terminate" }

    var isRestart: Bool { Self.isTrue(header["restart", .xbosh]) }

    /// Seconds to pause; `nil` without `pause`, −1 for a value that is no number.
    var pause: Int? {
        header["pause"].map { text in
            guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return -1 }
            return Self.number(text, max: Self.pauseMost) ?? Self.pauseMost
        }
    }

    /// Longer pauses are all the same to us.
    private static let pauseMost = 1 << 30

    var ack: Int? { header["ack"].flatMap { Self.number($0, max: Self.ridMax) } }

    /// Whether it only asks for what the server has to say.
    var isPoll: Bool { isPlain && header["to"] == nil }

    /// Whether it asks for another stream in the session (XEP-0124 §16.3).
    var asksForStream: Bool { isPlain && header["to"] != nil }

    /// Whether its client says which account it is of.
    var namesAccount: Bool {
        header["from"].flatMap { JID($0) }.map { !$0.bare.isDomain } ?? false
    }

    /// Whether there is nothing in it, and nothing that is done to the session.
    private var isPlain: Bool {
        payloads.isEmpty && !isTerminate && !isRestart && header["pause"] == nil
    }

    /// A whole number in digits, 0 to `max`; `nil` for anything else.
    static func number(_ text: String, max: Int) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 16, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let number = Int(text), number <= max
        else { return nil }
        return number
    }

    /// `xs:boolean`.
    private static func isTrue(_ text: String?) -> Bool { text == "true" || text == "1" }
}
