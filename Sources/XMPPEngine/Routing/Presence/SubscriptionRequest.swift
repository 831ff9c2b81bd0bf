import XMPPCore

/// A `subscribe` stanza as it is kept until its receiver answers (RFC 6121 §3.1.3).
enum SubscriptionRequest {
    /// Most bytes kept of one, but for its addresses; a larger one loses content, not its effect.
    static let bytesMax = 4096
    /// Most bytes of stanza, identifier and language around the content of a larger one.
    private static let envelopeMax = 1024

    /// Canonical bytes of the stanza: whole, or as much of it as may be kept.
    static func encode(_ stanza: Stanza) -> [UInt8] {
        let bytes = stanza.storedBytes
        return bytes.count > bytesMax ? shortened(stanza).storedBytes : bytes
    }

    /// Drops what does not fit: words and names for people go last (RFC 6121 §4.7.2.2, XEP-0172).
    private static func shortened(_ stanza: Stanza) -> Stanza {
        var envelope = stanza.with(payload: .empty)
        if envelope.storedBytes.count > envelopeMax {
            envelope = Stanza(.presence, type: .subscribe, from: stanza.from, to: stanza.to)
        }
        let children = stanza.payload.children
        var room = bytesMax - envelope.storedBytes.count - "</presence>".utf8.count
        var kept: Set<Int> = []
        for child in children.filter(isForPeople) + children.filter({ !isForPeople($0) })
        where child.range.count <= room {
            room -= child.range.count
            kept.insert(child.range.lowerBound)
        }
        return envelope.with(
            payload: stanza.payload.removing { !kept.contains($0.range.lowerBound) })
    }

    private static func isForPeople(_ child: Payload.Child) -> Bool {
        child.is("status", .client) || child.is("nick", .nick)
    }

    /// The stanza again, for its receiver, even when its bytes are damaged.
    static func decode(_ bytes: [UInt8], from contact: BareJID, to account: BareJID) -> Stanza {
        guard let stanza = Stanza(stored: bytes), stanza.type == .subscribe else {
            return Stanza(.presence, type: .subscribe, from: JID(contact), to: JID(account))
        }
        return stanza.readdressed(from: JID(contact), to: JID(account))
    }
}
