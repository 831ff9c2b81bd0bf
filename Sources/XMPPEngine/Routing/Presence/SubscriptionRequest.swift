import XMPPCore

/// A `subscribe` stanza as it is kept until its receiver answers (RFC 6121 §3.1.3).
enum SubscriptionRequest {
    /// Most bytes kept of one; a larger one loses its content, not its effect.
    static let bytesMax = 16_384

    /// Canonical bytes of the whole stanza.
    static func encode(_ stanza: Stanza) -> [UInt8] {
        let bytes = stanza.storedBytes
        guard bytes.count > bytesMax else { return bytes }
        return Stanza(.presence, type: .subscribe, from: stanza.from, to: stanza.to).storedBytes
    }

    /// The stanza again, for its receiver, even when its bytes are damaged.
    static func decode(_ bytes: [UInt8], from contact: BareJID, to account: BareJID) -> Stanza {
        guard let stanza = Stanza(stored: bytes), stanza.type == .subscribe else {
            return Stanza(.presence, type: .subscribe, from: JID(contact), to: JID(account))
        }
        return stanza.readdressed(from: JID(contact), to: JID(account))
    }
}
