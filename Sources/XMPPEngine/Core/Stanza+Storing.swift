/// Stanzas in stores: canonical bytes of the whole element.
extension Stanza {
    package var storedBytes: [UInt8] {
        var element = Element(
            "\(kind.name)", .client,
            attributes: [
                ("type", type.attribute.map { "\($0)" }), ("id", id),
                ("to", to?.description), ("from", from?.description),
            ])
        if let language {
            element.attributes.append(.init(name: "lang", namespace: .xml, value: language))
        }
        element.children = payload.elements.map { .element($0) }
        var writer = CanonicalWriter()
        writer.write(element, parent: .client)
        return writer.bytes
    }

    /// Reads a stanza that `storedBytes` gave; `nil` when the bytes are none.
    package convenience init?(stored bytes: [UInt8]) {
        guard let element = CanonicalReader.elements(in: bytes)?.first else { return nil }
        self.init(element)
    }

    /// The stanza that a tree describes (a forwarded message, a stored one).
    package convenience init?(_ element: Element) {
        guard element.namespace == .client, let kind = Kind(name: element.name) else { return nil }
        var type: StanzaType?
        if var text = element["type"] {
            type = text.withUTF8 { StanzaType.read($0, of: kind) }
        } else {
            type = StanzaType.read(nil, of: kind)
        }
        guard let type else { return nil }
        self.init(
            kind, type: type, id: element["id"], from: element["from"].flatMap { JID($0) },
            to: element["to"].flatMap { JID($0) }, language: element.language,
            payload: Payload(element.elements))
    }
}

extension Stanza.Kind {
    init?(name: String) {
        switch name {
        case "message": self = .message
        case "presence": self = .presence
        case "iq": self = .iq
        default: return nil
        }
    }
}
