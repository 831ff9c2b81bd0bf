import XMPPCore

/// Stanzas that a session took and could not bring to its client (XEP-0206 §7, RFC 6121 §8.5).
extension VirtualHost {
    package func undelivered(_ stanza: Stanza, origin: any StanzaOrigin) {
        guard let to = stanza.to, let from = stanza.from, !to.bare.isDomain else { return }
        switch (stanza.kind, stanza.type) {
        case (.iq, .get), (.iq, .set):
            router.bounce(stanza, .serviceUnavailable)
        case (.message, .chat), (.message, .normal):
            // What was for the account has also gone to its other sessions.
            guard !to.isBare || takers(of: stanza, to.bare).isEmpty else { return }
            routeToAccount(stanza, account: to.bare, origin: origin)
        case (.message, .groupchat):
            guard from.bare != to.bare else { return }
            router.bounce(stanza, .recipientUnavailable)
        default:
            break
        }
    }
}
