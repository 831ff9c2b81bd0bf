import Logging
import Synchronization
import XMPPConfig
import XMPPCore

/// XEP-0077: In-Band Registration.
///
/// Before login it makes accounts, after login it changes the password or removes the account.
struct Registration: ServerModule {
    static let access = Option<RuleReference>(
        "access", default: .all, "Which names may be registered.")
    static let removeAccess = Option<RuleReference>(
        "access_remove", default: .all, "Which accounts may remove themselves.")
    static let ipAccess = Option<RuleReference?>(
        "ip_access", default: nil,
        "From which addresses accounts may be registered; only from this machine when left out.")
    static let passwordBytesMin = Option(
        "password_min_length", default: 1, in: 1...128, "Shortest password, in bytes.")

    static let manifest = Manifest<Registration>(
        name: "mod_register", "Lets people register accounts and change their password.",
        implements: [.xep(77, version: "2.4", .partial)],
        features: [.register],
        options: [access, removeAccess, ipAccess, passwordBytesMin],
        hooks: [
            ModuleHook { module, host, owner in
                host.hooks.registration.attach(owner, .deliver) { await module.answer($0, $1) }
            },
            .iq(.register, to: [.host, .account], later: manage),
            .streamFeatures(run: offer),
        ])

    private static let log = Logger(label: "martlet.register")
    private let host: VirtualHost
    private let accounts: AccountService
    private let rules: AccessControl
    private let options: ModuleOptions
    private let throttle: RegistrationThrottle

    init(_ context: ModuleContext) {
        host = context.host
        accounts = AccountService(context.host)
        rules = context.access
        options = context.options
        throttle = context.server.registrations
    }

    // MARK: before login

    private func offer(isAuthenticated: Bool, _ session: C2SSession) -> [Element] {
        guard !isAuthenticated, isAllowed(session) else { return [] }
        return [Element("register", .registerFeature)]
    }

    private func isAllowed(_ session: C2SSession) -> Bool {
        guard let rule = options[Self.ipAccess] else { return session.peer.isLoopback }
        let subject = AccessSubject(ip: session.peer.knownAddress)
        return rules.decision(rule: rule, for: subject, host: host.domain)
    }

    private func answer(_ stanza: Stanza, _ session: C2SSession) async -> Stanza {
        do throws(StanzaError) {
            guard isAllowed(session) else { throw .notAllowed }
            guard let query = stanza.payload.first("query", .register) else { throw .badRequest }
            if stanza.type == .get { return reply(stanza, [Self.form]) }
            try await register(query, from: session.peer.address)
            return reply(stanza, [])
        } catch {
            return Stanza(
                .iq, type: .error, id: stanza.id, from: JID(host.jid),
                payload: stanza.payload.appending(error.element))
        }
    }

    private func reply(_ stanza: Stanza, _ elements: [Element]) -> Stanza {
        Stanza(.iq, type: .result, id: stanza.id, from: JID(host.jid), elements: elements)
    }

    private static let form = Element(
        "query", .register,
        children: [
            Element("instructions", .register, text: "Choose a name and a password."),
            Element("username", .register), Element("password", .register),
        ])

    private func register(_ query: Element, from address: String) async throws(StanzaError) {
        guard let name = query.child("username")?.text, !name.isEmpty,
            let password = query.child("password")?.text,
            password.utf8.count >= options[Self.passwordBytesMin]
        else { throw .notAcceptable }
        guard let account = BareJID(localpart: name, domainpart: host.domain) else {
            throw .jidMalformed
        }
        guard
            rules.decision(
                rule: options[Self.access], for: AccessSubject(account), host: host.domain)
        else { throw .forbidden }
        guard throttle.begin(address) else {
            throw StanzaError(.resourceConstraint, "registrations from here come too fast")
        }
        let outcome: AccountService.Outcome
        do {
            outcome = try await accounts.create(name, password: password)
        } catch {
            throttle.cancel(address)
            throw .internalServerError
        }
        if outcome != .done { throttle.cancel(address) }
        try Self.check(outcome)
        Self.log.info(
            "account registered", metadata: ["jid": "\(account)", "address": "\(address)"])
    }

    private static func check(_ outcome: AccountService.Outcome) throws(StanzaError) {
        switch outcome {
        case .done: break
        case .exists: throw .conflict
        case .notFound: throw .registrationRequired
        case .unusable(let reason): throw StanzaError(.notAcceptable, reason)
        }
    }

    // MARK: after login

    private func manage(_ request: IQ) async throws(StanzaError) -> IQReply {
        let account = request.from.bare
        guard account.domainpart == host.domain, request.request.name == "query" else {
            throw .forbidden
        }
        // XEP-0077 §3.2: without `to`, which stands for the own account.
        guard request.to.bare.isDomain || request.to.bare == account else { throw .forbidden }
        if !request.isSet {
            var form = Self.form
            form.children.insert(.element(Element("registered", .register)), at: 0)
            return .result([form])
        }
        if request.request.child("remove") != nil { return try await remove(request) }
        guard let password = request.request.child("password")?.text,
            password.utf8.count >= options[Self.passwordBytesMin]
        else { throw .badRequest }
        let named = request.request.child("username")?.text ?? ""
        guard BareJID(localpart: named, domainpart: host.domain) == account else {
            throw .notAllowed
        }
        do {
            try Self.check(try await accounts.changePassword(of: account, to: password))
        } catch let error as StanzaError {
            throw error
        } catch {
            throw .internalServerError
        }
        return .empty
    }

    private func remove(_ request: IQ) async throws(StanzaError) -> IQReply {
        let account = request.from.bare
        guard request.request.elements.count == 1 else { throw .badRequest }
        guard
            rules.decision(
                rule: options[Self.removeAccess], for: AccessSubject(account), host: host.domain)
        else { throw .notAllowed }
        do {
            try Self.check(try await accounts.remove(account, sparing: request.session))
        } catch let error as StanzaError {
            throw error
        } catch {
            throw .internalServerError
        }
        Self.log.info("account removed by its owner", metadata: ["jid": "\(account)"])
        // XEP-0077 §3.2: the answer first, then the stream ends.
        guard let session = request.session else { return .empty }
        session.deliver(request.stanza.result())
        host.close(session, StreamError(.notAuthorized, "the account was removed"))
        return .answered
    }
}
