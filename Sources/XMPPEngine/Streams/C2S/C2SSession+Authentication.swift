import Logging
import NIOPosix
import XMPPCore

/// STARTTLS and SASL on a client's stream (RFC 6120 §5–6).
extension C2SSession {
    func process(_ nonza: Element) {
        let kind = Self.kind(of: nonza)
        if kind == .other, machine.isOpenToNonzas, host?.received(nonza, from: self) == true {
            return
        }
        switch machine.received(kind) {
        case .proceedWithTLS:
            send(Element("proceed", .tls))
            transport?.startTLS()
        case .failTLS:
            send(Element("failure", .tls))
            end(nil)
        case .startSASL:
            startSASL(nonza)
        case .continueSASL:
            guard let order = negotiation?.respond(nonza.text) else { return }
            carryOut(order)
        case .abortSASL:
            _ = negotiation?.abort()
            send(Self.element(SASLFailure(.aborted)))
        case .failSASL(let failure):
            send(Self.element(failure))
        case .close(let error):
            fail(error)
        case .end:
            end(nil)
        }
    }

    private static func kind(of nonza: Element) -> C2SStateMachine.Nonza {
        if nonza.namespace == .tls, nonza.name == "starttls" { return .startTLS }
        if nonza.namespace == .streams, nonza.name == "error" { return .streamError }
        guard nonza.namespace == .sasl else { return .other }
        switch nonza.name {
        case "auth": return .auth
        case "response": return .response
        case "abort": return .abort
        default: return .other
        }
    }

    /// TLS is there; the peer's next bytes are a new stream inside it.
    package func secured(_ security: TransportSecurity, summary: String) {
        peer.security = security
        transportClass = TransportClass(kind, isEncrypted: security.isEncrypted)
        peer.tlsSummary = summary
        negotiation = nil
        machine.tlsEstablished()
    }

    // MARK: SASL

    /// The mechanisms as stream features (RFC 6120 §6.4.1, XEP-0440).
    func mechanismFeatures() -> [Element] {
        guard let negotiation = makeNegotiation() else { return [] }
        let offer = negotiation.offer
        guard !offer.mechanisms.isEmpty else { return [] }
        var features = [
            Element(
                "mechanisms", .sasl,
                children: offer.mechanisms.map { Element("mechanism", .sasl, text: $0.name) })
        ]
        if !offer.channelBindings.isEmpty {
            features.append(
                Element(
                    "sasl-channel-binding", .channelBinding,
                    children: offer.channelBindings.map { binding in
                        Element(
                            "channel-binding", .channelBinding,
                            attributes: [("type", binding.rawValue)])
                    }))
        }
        self.negotiation = negotiation
        return features
    }

    func makeNegotiation() -> SASLNegotiation? {
        guard let host, let name = BareJID(host.domain) else { return nil }
        var policy = host.login.policy
        switch options.plainWithoutTLS {
        case .never: policy.allowsPlainUnencrypted = false
        case .loopback: policy.allowsPlainUnencrypted = peer.isLoopback
        case .always: policy.allowsPlainUnencrypted = true
        }
        return SASLNegotiation(
            host: name, policy: policy, security: peer.security, decoys: host.login.decoys)
    }

    private func startSASL(_ auth: Element) {
        if negotiation == nil { negotiation = makeNegotiation() }
        loginMechanism = auth["mechanism"] ?? ""
        loginAccount = nil
        let order = negotiation?.start(
            mechanism: loginMechanism, initialResponse: auth.text,
            nonce: SecureRandom.token())
        guard let order else { return fail(StreamError(.internalServerError)) }
        carryOut(order)
    }

    func carryOut(_ order: SASLNegotiation.Order) {
        switch order {
        case .challenge(let data):
            send(Element("challenge", .sasl, text: Base64.encode(data)))
        case .lookUp(let account, _, let attempt):
            loginAccount = account
            lookUp(account, attempt)
        case .verifyPassword(let check, let attempt):
            let cache = host?.login.cache
            work({ check.run(cache: cache, now: .now) }) { session, isRight in
                session.negotiation?.passwordVerified(isRight, for: attempt)
            }
        case .admit(let name, let attempt):
            admit(name, attempt)
        case .deriveKeys(let derivation, let attempt):
            work({ derivation.run() }) { session, keys in
                session.negotiation?.keysDerived(keys, for: attempt)
            }
        case .succeed(let identity, let data):
            succeed(identity, data)
        case .fail(let failure):
            refuse(failure)
        case .ignore:
            break
        }
    }

    /// Runs blocking work on the host's workers, then goes on with what it brings.
    private func work<Product: Sendable>(
        _ body: @escaping @Sendable () -> Product,
        then next: @escaping @Sendable (C2SSession, Product) -> SASLNegotiation.Order?
    ) {
        guard let workers = host?.login.workers else { return }
        park()
        workers.submit { _ in
            let product = body()
            self.loop.execute {
                if let order = next(self, product) { self.carryOut(order) }
                self.unpark()
            }
        }
    }

    private func lookUp(_ account: BareJID, _ attempt: SASLAttempt) {
        guard let host else { return }
        park()
        Task {
            let found = try? Result<LoginRecord?, any Error>.success(
                await host.loginRecord(of: account))
            loop.execute {
                let order =
                    switch found {
                    case .success(let record):
                        self.negotiation?.credentialsLoaded(
                            record?.credentials, isDisabled: record?.isDisabled ?? false,
                            for: attempt)
                    case .failure, nil:
                        self.negotiation?.lookUpFailed(for: attempt)
                    }
                if let order { self.carryOut(order) }
                self.unpark()
            }
        }
    }

    /// The account may not be used any more: ends the stream when it has logged in to it, or is
    /// about to with credentials looked up before.
    package func accountEnded(_ account: BareJID, _ error: StreamError) {
        guard !isAnonymous, machine.account == account || loginAccount == account else { return }
        fail(error)
    }

    private func succeed(_ identity: SASLIdentity, _ data: [UInt8]?) {
        if let rejection = host?.rejection(of: self) { return fail(rejection) }
        guard case .succeed = machine.loginSucceeded(identity.account) else { return }
        if !identity.isAnonymous { host?.checked(identity.account, isAccepted: true, on: self) }
        loop.counters.add(.logins(loginMechanism))
        isAnonymous = identity.isAnonymous
        negotiation = nil
        send(Element("success", .sasl, text: data.map { Base64.encode($0) }))
        transport?.restart()
    }

    private func refuse(_ failure: SASLFailure) {
        loop.counters.add(.loginsRefused(loginMechanism))
        // Who is banned while a guess is being checked does not hear whether it was right.
        if let rejection = host?.rejection(of: self) { return fail(rejection) }
        if failure.condition == .notAuthorized, let account = loginAccount {
            host?.checked(account, isAccepted: false, on: self)
        }
        switch machine.loginRefused(failure) {
        case .fail(let failure):
            logRefusal(failure)
            send(Self.element(failure))
            if let rejection = host?.rejection(of: self) { fail(rejection) }
        case .failAndClose(let failure):
            logRefusal(failure)
            send(Self.element(failure))
            fail(StreamError(.policyViolation, "too many refused logins"))
        case .succeed, .ignore:
            break
        }
    }

    private func logRefusal(_ failure: SASLFailure) {
        Self.log.info(
            "login refused",
            metadata: [
                "address": "\(peer.address)", "host": "\(host?.domain ?? "-")",
                "condition": "\(failure.condition.rawValue)",
            ])
    }

    private static func element(_ failure: SASLFailure) -> Element {
        var children = [Element(failure.condition.rawValue, .sasl)]
        if let text = failure.text {
            children.append(Element("text", .sasl, text: text))
        }
        return Element("failure", .sasl, children: children)
    }
}
