/// A message, presence or IQ on its way (RFC 6120 §8).
///
/// Immutable and shared: the same object goes to every recipient. The payload is canonical XML
/// bytes that are written as they are; `elements` builds a tree for the handlers that look inside.
package final class Stanza: Sendable {
    package enum Kind: UInt8, Sendable {
        case message, presence, iq

        package var name: StaticString {
            switch self {
            case .message: "message"
            case .presence: "presence"
            case .iq: "iq"
            }
        }
    }

    package let kind: Kind
    package let type: StanzaType
    package let id: String?
    package let from: JID?
    package let to: JID?
    /// `xml:lang` of the stanza, or `nil`.
    package let language: String?
    package let payload: Payload

    package init(
        _ kind: Kind, type: StanzaType, id: String? = nil, from: JID? = nil, to: JID? = nil,
        language: String? = nil, payload: Payload = .empty
    ) {
        self.kind = kind
        self.type = type
        self.id = id
        self.from = from
        self.to = to
        self.language = language
        self.payload = payload
    }

    /// A stanza of our own making, its payload given as trees.
    package convenience init(
        _ kind: Kind, type: StanzaType, id: String? = nil, from: JID? = nil, to: JID? = nil,
        elements: [Element]
    ) {
        self.init(kind, type: type, id: id, from: from, to: to, payload: Payload(elements))
    }

    /// The child elements as trees, decoded on each call.
    package var elements: [Element] { payload.elements }

    /// The bytes that it takes in memory, roughly, with what keeps it in a queue.
    package var footprint: Int {
        256 + payload.bytes.count + payload.children.count * 64 + (id?.utf8.count ?? 0)
            + (language?.utf8.count ?? 0)
    }

    /// The same stanza with other addresses.
    package func readdressed(from: JID?, to: JID?) -> Stanza {
        Stanza(
            kind, type: type, id: id, from: from, to: to, language: language, payload: payload)
    }

    /// The same stanza with another payload.
    package func with(payload: Payload) -> Stanza {
        Stanza(
            kind, type: type, id: id, from: from, to: to, language: language, payload: payload)
    }

    /// The same stanza with one more child element at its end.
    package func appending(_ element: Element) -> Stanza {
        with(payload: payload.appending(element))
    }

    /// The reply that carries an error back to the sender (RFC 6120 §8.3.1).
    ///
    /// - Returns: `nil` when the stanza must not be answered with an error: it is an error or
    ///   an IQ result itself, or has no sender.
    package func errorReply(_ error: StanzaError, from sender: JID? = nil) -> Stanza? {
        guard type != .error, type != .result, let from else { return nil }
        return Stanza(
            kind, type: .error, id: id, from: sender ?? to, to: from,
            payload: payload.appending(error.element))
    }

    /// The result of an IQ, with its addresses turned round.
    package func result(_ elements: [Element] = []) -> Stanza {
        Stanza(.iq, type: .result, id: id, from: to, to: from, payload: Payload(elements))
    }
}

extension StanzaError {
    /// The `<error/>` child of a stanza of type error (RFC 6120 §8.3.2).
    package var element: Element {
        var children = [Element(condition.rawValue, .stanzaErrors)]
        if let text {
            children.append(Element("text", .stanzaErrors, text: text))
        }
        return Element("error", .client, attributes: [("type", kind.rawValue)], children: children)
    }
}
