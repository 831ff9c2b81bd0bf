import XMPPCore

/// What a transport could not bring to its client.
extension C2SSession {
    /// Hands back a stanza that was on its way here when the stream ended.
    func missed(_ stanza: Stanza) {
        guard isOver, let host, jid != nil else { return }
        host.undelivered(stanza, origin: leftovers)
    }

    /// Hands back stanzas that were sent but that the client may not have got.
    ///
    /// To be called on the loop after the stream has ended; nothing happens unless it was bound,
    /// nor when a keeper has the stanzas.
    package func giveBack(_ stanzas: [ParsedStanza]) {
        guard isOver, kept == nil, !hasMoved, let host, let jid, !stanzas.isEmpty else { return }
        for parsed in stanzas {
            var to = JID(jid.bare)
            if case .valid(let address) = parsed.to { to = address }
            host.undelivered(
                Stanza(
                    parsed.kind, type: parsed.type ?? .error, id: parsed.id,
                    from: parsed.from.flatMap { JID($0) }, to: to, language: parsed.language,
                    payload: parsed.payload),
                origin: leftovers)
        }
    }
}
