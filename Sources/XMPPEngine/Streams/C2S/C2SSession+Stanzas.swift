import XMPPCore

/// What a client sends, checked and handed on (RFC 6120 §8).
extension C2SSession {
    func process(_ parsed: ParsedStanza) {
        let kind = stanzaKind(of: parsed)
        kept?.keeper.received()
        switch machine.received(kind) {
        case .route:
            route(parsed)
        case .bind(let account):
            bind(Self.unaddressed(parsed), account: account)
        case .answerSession:
            deliver(Stanza(.iq, type: .result, id: parsed.id))
        case .legacyAuth:
            legacyAuthentication(Self.unaddressed(parsed))
        case .register:
            register(Self.unaddressed(parsed))
        case .refuse(let error):
            refuse(Self.unaddressed(parsed), error)
        case .close(let error):
            fail(error)
        case .ignore:
            break
        }
    }

    private func stanzaKind(of parsed: ParsedStanza) -> C2SStateMachine.StanzaKind {
        guard parsed.kind == .iq, let child = parsed.payload.children.first else { return .other }
        if parsed.type == .set, child.is("bind", .bind), !isEstablished { return .bind }
        if parsed.type == .set, child.is("session", .session) { return .session }
        guard !isEstablished else { return .other }
        if child.is("query", .legacyAuth) { return .legacyAuth }
        return child.is("query", .register) ? .registration : .other
    }

    private static func unaddressed(_ parsed: ParsedStanza) -> Stanza {
        Stanza(parsed.kind, type: parsed.type ?? .error, id: parsed.id, payload: parsed.payload)
    }

    private func route(_ parsed: ParsedStanza) {
        guard let jid, let host else { return }
        if let from = parsed.from, !mayClaim(from) {
            return fail(StreamError(.invalidFrom))
        }
        var to: JID?
        var fault: StanzaError?
        switch parsed.to {
        case .none: break
        case .valid(let address): to = address
        case .malformed: fault = .jidMalformed
        }
        if fault == nil { fault = parsed.requestFault }
        let stanza = Stanza(
            parsed.kind, type: parsed.type ?? .set, id: parsed.id, from: jid, to: to,
            language: parsed.language ?? language, payload: parsed.payload)
        if let fault {
            guard parsed.type != .error, parsed.type != .result else { return }
            refuse(stanza, fault)
        } else {
            host.received(stanza, from: self)
        }
    }

    /// A `from` must be the session's own full or bare address (RFC 6120 §8.1.2.1).
    private func mayClaim(_ from: String) -> Bool {
        guard let jid else { return false }
        if from == jid.bare.text { return true }
        guard let claimed = JID(from) else { return false }
        return claimed == jid || (claimed.isBare && claimed.bare == jid.bare)
    }

    private func register(_ stanza: Stanza) {
        guard let host, stanza.type == .get || stanza.type == .set else {
            return refuse(stanza, .badRequest)
        }
        hold {
            let reply = await host.registration(stanza, on: self)
            self.loop.execute { self.deliver(reply) }
        }
    }
}
