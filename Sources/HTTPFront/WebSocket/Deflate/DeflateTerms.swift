/// What permessage-deflate was agreed on (RFC 7692 §7).
///
/// No context is kept from one message to the next, in either direction: an idle connection costs
/// no memory for it.
package struct DeflateTerms: Equatable, Sendable {
    /// The window of what the server sends, 9 to 15.
    var serverWindowBits = 15
    /// Whether the client set that window, and is to be told that it was taken.
    private var isWindowAsked = false

    /// The first offer in `Sec-WebSocket-Extensions` that can be taken; `nil` without one.
    static func accept(_ offers: [String]) -> DeflateTerms? {
        for offer in offers.flatMap({ HeaderList.elements($0) }) {
            if let terms = DeflateTerms(offer: offer) { return terms }
        }
        return nil
    }

    /// Reads one offer; `nil` when it is of another extension, malformed, or asks too much.
    private init?(offer: Substring) {
        var parts = HeaderList.split(offer, at: ";").makeIterator()
        guard parts.next()?.lowercased() == "permessage-deflate" else { return nil }
        var seen: Set<String> = []
        while let part = parts.next() {
            let pair = HeaderList.split(part, at: "=")
            guard let name = pair.first?.lowercased(), pair.count <= 2,
                seen.insert(name).inserted
            else { return nil }
            let value = pair.count == 2 ? HeaderList.unquoted(pair[1]) : nil
            guard take(name, value) else { return nil }
        }
    }

    private mutating func take(_ name: String, _ value: Substring?) -> Bool {
        switch name {
        case "server_no_context_takeover", "client_no_context_takeover":
            return value == nil
        case "client_max_window_bits":
            // A hint; whatever the client's window is, ours to inflate has the full size.
            return value == nil || value.flatMap(Self.windowBits) != nil
        case "server_max_window_bits":
            // zlib has no window of 8 bits.
            guard let bits = value.flatMap(Self.windowBits), bits >= 9 else { return false }
            serverWindowBits = bits
            isWindowAsked = true
            return true
        default:
            return false
        }
    }

    /// 8 to 15 without leading zeros (RFC 7692 §7.1.2).
    private static func windowBits(_ text: Substring) -> Int? {
        guard !text.hasPrefix("0"), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let bits = Int(text), (8...15).contains(bits)
        else { return nil }
        return bits
    }

    /// The extension as the server's answer names it.
    var answer: String {
        let window = isWindowAsked ? "; server_max_window_bits=\(serverWindowBits)" : ""
        return "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            + window
    }
}
