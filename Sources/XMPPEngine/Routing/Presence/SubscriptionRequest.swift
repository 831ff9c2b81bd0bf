import XMPPCore

/// A `subscribe` stanza as it is kept until its receiver answers (RFC 6121 §3.1.3).
enum SubscriptionRequest {
    /// Most bytes kept of one; a larger one loses its content, not its effect.
    static let bytesMax = 16_384

    /// Canonical bytes of the whole stanza.
    static func encode(_ stanza: Stanza) -> [UInt8] {
        let bytes = encode(stanza, content: stanza.elements)
        return bytes.count <= bytesMax ? bytes : encode(stanza, content: [])
    }

    private static func encode(_ stanza: Stanza, content: [Element]) -> [UInt8] {
        let id = stanza.id.flatMap { $0.utf8.count <= 1024 ? $0 : nil }
        let element = Element(
            "presence", .client,
            attributes: [
                ("type", "subscribe"), ("id", id), ("from", stanza.from?.description),
                ("to", stanza.to?.description),
            ],
            children: content)
        return Payload([element]).bytes
    }

    /// The stanza again, for its receiver; `nil` when the bytes are not what `encode` made.
    static func decode(_ bytes: [UInt8], from contact: BareJID, to account: BareJID) -> Stanza? {
        guard let element = Payload(canonical: bytes)?.elements.first,
            element.is("presence", .client)
        else { return nil }
        return Stanza(
            .presence, type: .subscribe, id: element["id"], from: JID(contact), to: JID(account),
            payload: Payload(element.elements))
    }
}
