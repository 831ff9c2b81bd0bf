import Glibc

/// The `type` of a stanza, of whichever kind.
package enum StanzaType: UInt8, Sendable {
    // message (RFC 6121 §5.2.2); an unknown type counts as normal
    case normal, chat, groupchat, headline
    // presence (RFC 6121 §4.7.1); no type is available
    case available, unavailable, subscribe, subscribed, unsubscribe, unsubscribed, probe
    // iq (RFC 6120 §8.2.3)
    case get, set, result
    // any
    case error

    /// The attribute's value; `nil` where the type is said by leaving it out.
    package var attribute: StaticString? {
        switch self {
        case .normal, .available: nil
        case .chat: "chat"
        case .groupchat: "groupchat"
        case .headline: "headline"
        case .unavailable: "unavailable"
        case .subscribe: "subscribe"
        case .subscribed: "subscribed"
        case .unsubscribe: "unsubscribe"
        case .unsubscribed: "unsubscribed"
        case .probe: "probe"
        case .get: "get"
        case .set: "set"
        case .result: "result"
        case .error: "error"
        }
    }

    /// Reads the attribute of a stanza of this kind; `nil` for a value the kind does not have.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>?, of kind: Stanza.Kind) -> StanzaType? {
        guard let bytes else {
            switch kind {
            case .message: return .normal
            case .presence: return .available
            case .iq: return nil
            }
        }
        let candidates: [StanzaType] =
            switch kind {
            case .message: [.chat, .groupchat, .headline, .error]
            case .presence:
                [
                    .unavailable, .subscribe, .subscribed, .unsubscribe, .unsubscribed, .probe,
                    .error,
                ]
            case .iq: [.get, .set, .result, .error]
            }
        for candidate in candidates {
            if let text = candidate.attribute, bytes.equals(text) { return candidate }
        }
        return kind == .message ? .normal : nil
    }

    /// Whether this is one of the four that change a subscription (RFC 6121 §3).
    package var isSubscription: Bool {
        switch self {
        case .subscribe, .subscribed, .unsubscribe, .unsubscribed: true
        case .normal, .chat, .groupchat, .headline, .available, .unavailable, .probe, .get, .set,
            .result, .error:
            false
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        guard let baseAddress else { return true }
        return text.withUTF8Buffer { expected in
            guard let start = expected.baseAddress else { return true }
            return memcmp(baseAddress, start, count) == 0
        }
    }
}
