import NIOPosix
import XMPPCore

/// Login by IQ on a stream without version (XEP-0078), off unless configured.
extension C2SSession {
    func legacyAuthentication(_ stanza: Stanza) {
        guard let query = stanza.payload.first("query", .legacyAuth), let host else {
            return refuse(stanza, .badRequest)
        }
        guard isPlainAllowed else {
            return refuse(stanza, StanzaError(.notAllowed, "encrypt the stream first"))
        }
        if stanza.type == .get {
            let fields = ["username", "password", "resource"].map { Element($0, .legacyAuth) }
            return deliver(stanza.result([Element("query", .legacyAuth, children: fields)]))
        }
        guard let name = query.child("username")?.text,
            let account = BareJID(localpart: name, domainpart: host.domain),
            let password = query.child("password").flatMap({ PreparedPassword($0.text) }),
            let resource = query.child("resource")?.text, !resource.isEmpty
        else { return refuse(stanza, .notAcceptable) }
        if negotiation == nil { negotiation = makeNegotiation() }
        loginAccount = account
        check(account, password, on: host) { session, verdict in
            switch verdict {
            case .right: session.finishLegacy(stanza, account, resource)
            case .wrong: session.refuseLegacy(stanza, account)
            case .nobody: session.admitLegacy(stanza, account, resource)
            }
        }
    }

    private enum LegacyLogin {
        case right, wrong
        /// No account has the name: a guest may.
        case nobody
    }

    private var isPlainAllowed: Bool {
        switch options.plainWithoutTLS {
        case .always: true
        case .loopback: peer.security.isEncrypted || peer.isLoopback
        case .never: peer.security.isEncrypted
        }
    }

    private func check(
        _ account: BareJID, _ password: PreparedPassword, on host: any C2SHost,
        then next: @escaping @Sendable (C2SSession, LegacyLogin) -> Void
    ) {
        let login = host.login
        park()
        Task {
            let found = try? Result<LoginRecord?, any Error>.success(
                await host.loginRecord(of: account))
            let record = try? found?.get()
            let admitsGuest = login.policy.admitsAnyName && found != nil && record == nil
            let decoy = login.decoys.credentials(of: account, policy: login.policy.passwords)
            let check = PasswordCheck(
                account: account, password: password,
                credentials: record?.credentials ?? decoy)
            login.workers.submit { _ in
                let isRight =
                    !admitsGuest && login.policy.offersPasswords
                    && check.run(cache: login.cache, now: .now) && record?.isDisabled == false
                self.loop.execute {
                    next(self, admitsGuest ? .nobody : isRight ? .right : .wrong)
                    self.unpark()
                }
            }
        }
    }

    private func admitLegacy(_ stanza: Stanza, _ name: BareJID, _ resource: String) {
        guard !isOver else { return }
        reserve(name) { session, isFree in
            guard isFree == true else {
                session.refuse(stanza, isFree == nil ? .internalServerError : .notAuthorized)
                return false
            }
            session.isAnonymous = true
            session.finishLegacy(stanza, name, resource)
            if session.jid == nil { session.isAnonymous = false }
            return session.isAnonymous
        }
    }

    private func finishLegacy(_ stanza: Stanza, _ account: BareJID, _ resource: String) {
        guard let host, !isOver else { return }
        if let rejection = host.rejection(of: self) { return fail(rejection) }
        if !isAnonymous { host.checked(account, isAccepted: true, on: self) }
        if let refusal = host.refusal(of: account, on: self) { return refuse(stanza, refusal) }
        switch host.bind(self, account: account, resource: resource) {
        case .success(let full):
            guard adopt(full) else { return host.ended(self) }
            negotiation = nil
            loop.counters.add(.logins("iq-auth"))
            deliver(Stanza(.iq, type: .result, id: stanza.id))
        case .failure(let error):
            refuse(stanza, error)
        }
    }

    private func refuseLegacy(_ stanza: Stanza, _ account: BareJID) {
        guard let host, !isOver else { return }
        if let rejection = host.rejection(of: self) { return fail(rejection) }
        host.checked(account, isAccepted: false, on: self)
        loop.counters.add(.loginsRefused("iq-auth"))
        switch machine.loginRefused(SASLFailure(.notAuthorized)) {
        case .fail:
            refuse(stanza, .notAuthorized)
            if let rejection = host.rejection(of: self) { fail(rejection) }
        case .failAndClose:
            refuse(stanza, .notAuthorized)
            fail(StreamError(.policyViolation, "too many refused logins"))
        case .succeed, .ignore: break
        }
    }
}
