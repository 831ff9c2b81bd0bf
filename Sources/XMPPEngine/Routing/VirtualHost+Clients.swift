import XMPPCore

/// What the host's own clients send (RFC 6120 §10.3, RFC 6121 §8).
extension VirtualHost {
    package func received(_ stanza: Stanza, from session: C2SSession) {
        var stanza = stanza
        for hook in hooks.sent.handlers {
            switch hook(stanza, session) {
            case .pass: break
            case .change(let changed): stanza = changed
            case .drop: return
            case .bounce(let error): return session.refuse(stanza, error)
            }
        }
        if stanza.kind == .presence {
            guard let resource = session.binding as? ClientResource else { return }
            tellPresence(stanza, of: resource)
            if stanza.type == .unavailable, stanza.to == nil {
                let status = stanza.payload.first("status", .client)?.text ?? ""
                resource.update { $0.lastStatus = status }
            }
            return presence.sent(stanza, by: resource)
        }
        guard stanza.to != nil else {
            // RFC 6120 §10.3: without `to` it is for the sender's own account.
            let own = stanza.readdressed(
                from: stanza.from, to: stanza.from.map { JID($0.bare) })
            return route(own, origin: session)
        }
        router.route(stanza, origin: session)
    }
}
