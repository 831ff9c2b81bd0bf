import XMPPCore

/// What a transport could not bring to its client.
extension C2SSession {
    /// Whether the client has yet to take what was sent to it before.
    var isBehind: Bool { transport?.isBehind ?? false }

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
            host.undelivered(parsed.written(to: JID(jid.bare)), origin: leftovers)
        }
    }
}
