import Logging
import Synchronization
import XMPPConfig
import XMPPCore
import XMPPStorage

/// Settings of one served host that may change while it serves.
package struct HostSettings: Sendable {
    package enum ResourceConflict: String, Sendable {
        case setresource, closeold, closenew, acceptnew
    }

    package var resourceConflict: ResourceConflict
    package var login: LoginServices
    /// Why an account may not log in or send (access rules); `nil` when it may.
    package var refusal: @Sendable (BareJID, C2SSession) -> StanzaError?
    /// Most sessions of one account; the oldest gives way.
    package var sessionsMax: @Sendable (BareJID) -> Int
    /// Of streams whose client names none.
    package var language: String

    package init(
        login: LoginServices,
        refusal: @escaping @Sendable (BareJID, C2SSession) -> StanzaError? = { _, _ in nil },
        sessionsMax: @escaping @Sendable (BareJID) -> Int = { _ in .max },
        resourceConflict: ResourceConflict = .acceptnew, language: String = "en"
    ) {
        self.language = language
        self.resourceConflict = resourceConflict
        self.login = login
        self.refusal = refusal
        self.sessionsMax = sessionsMax
    }
}

/// One served domain: its accounts' sessions, what it answers itself, and its hooks.
///
/// Called from every loop; its parts guard themselves.
package final class VirtualHost: DomainRoute, C2SHost {
    package let domain: String
    package let jid: BareJID
    package let router: Router
    package let stores: Stores
    package let sessions = SessionManager()
    package let hooks = HostHooks()
    package let iqs = IQDispatcher()
    package let discovery = Discovery()
    package let services: HostedServices
    package let jobs = HostJobs()
    let guests = GuestNames()
    /// Presence and subscriptions of the host's accounts (RFC 6121 §3–4).
    package let presence: PresenceService
    /// Where what happens here is told.
    let observatory: Observatory
    private let settings: Mutex<HostSettings>
    let unbound = UnboundStreams()
    /// Changes of an account itself come one after another.
    let accountTurns = Turns<BareJID>()
    /// Whether sessions may outlive their connections.
    let mayHold = Atomic(true)
    /// Those that do, of this host and the server's others.
    package let heldSessions: HeldSessions
    /// Sessions and messages that are being put away.
    let unfinished = Atomic(0)
    static let log = Logger(label: "martlet.host")

    package init(
        jid: BareJID, router: Router, stores: Stores, settings: HostSettings,
        observatory: Observatory = Observatory(), heldSessions: HeldSessions = HeldSessions()
    ) {
        self.observatory = observatory
        self.heldSessions = heldSessions
        self.jid = jid
        domain = jid.domainpart
        self.router = router
        self.stores = stores
        services = HostedServices(router: router)
        self.settings = Mutex(settings)
        presence = PresenceService(
            sessions: sessions, stores: stores, router: router, hooks: hooks)
    }

    package var currentSettings: HostSettings { settings.withLock { $0 } }

    package func update(_ settings: HostSettings) {
        self.settings.withLock { $0 = settings }
    }

    /// How many sessions the host has over each transport.
    package var sessionCounts: [SessionCount] {
        zip(TransportClass.allCases, sessions.countsByTransport).map { transport, count in
            SessionCount(host: domain, transport: transport, count: count)
        }
    }

    // MARK: C2SHost

    package var login: LoginServices { settings.withLock { $0.login } }

    package var language: String { settings.withLock { $0.language } }

    package func features(isAuthenticated: Bool, for session: C2SSession) -> [Element] {
        hooks.streamFeatures.handlers.flatMap { $0(isAuthenticated, session) }
    }

    package var isLegacyAuthAllowed: Bool { !hooks.legacyAuthentication.handlers.isEmpty }

    package func refusal(of account: BareJID, on session: C2SSession) -> StanzaError? {
        currentSettings.refusal(account, session)
    }

    package func rejection(of session: C2SSession) -> StreamError? {
        for handler in hooks.streamOpening.handlers {
            if let error = handler(session) { return error }
        }
        return nil
    }

    package func checked(_ account: BareJID, isAccepted: Bool, on session: C2SSession) {
        let login = CheckedLogin(
            address: IPAddress(session.peer.address), account: account.text,
            isAccepted: isAccepted)
        for handler in hooks.loginChecked.handlers { handler(login) }
    }

    package func registration(_ stanza: Stanza, on session: C2SSession) async -> Stanza {
        guard let answer = hooks.registration.handlers.first else {
            return Stanza(
                .iq, type: .error, id: stanza.id, from: JID(jid),
                payload: stanza.payload.appending(StanzaError.serviceUnavailable.element))
        }
        return await answer(stanza, session)
    }

    package func bind(
        _ session: C2SSession, account: BareJID, resource: String?
    ) -> Result<FullJID, StanzaError> {
        let settings = currentSettings
        // Its stream is about to hear `host-gone`.
        if unbound.areGone { return .failure(.serviceUnavailable) }
        if session.isAnonymous, guests.isRevoked(account) { return .failure(.conflict) }
        var wanted: FullJID?
        if let resource, !resource.isEmpty {
            guard let full = FullJID(bare: account, resourcepart: resource) else {
                return .failure(.badRequest)
            }
            wanted = full
        }
        // RFC 6120 §7.6: a resource made by the server is not to be guessed.
        func made() -> FullJID? { FullJID(bare: account, resourcepart: SecureRandom.token()) }
        guard let full = wanted ?? made() else { return .failure(.internalServerError) }
        let max = settings.sessionsMax(account)
        switch enter(session, full, settings.resourceConflict, max) {
        case .entered: return .success(full)
        case .tooMany: return .failure(.resourceConstraint)
        case .taken:
            guard settings.resourceConflict == .setresource, let other = made() else {
                return .failure(.conflict)
            }
            if case .entered = enter(session, other, .setresource, max) { return .success(other) }
            return .failure(.conflict)
        }
    }

    private func enter(
        _ session: C2SSession, _ full: FullJID, _ conflict: HostSettings.ResourceConflict,
        _ sessionsMax: Int
    ) -> SessionManager.Entry {
        let resource = ClientResource(
            session: session, jid: full, boundAt: Int(Timestamp.now().milliseconds / 1000))
        let replacing = conflict == .acceptnew || conflict == .closeold
        var entry = sessions.enter(resource, replacing: replacing, sessionsMax: sessionsMax)
        if case .tooMany(let oldest) = entry {
            close(oldest, StreamError(.policyViolation, "too many sessions"))
            _ = sessions.leave(oldest)
            tell(.closed, oldest)
            presence.ended(oldest)
            hooks.sessionEnded.handlers.forEach { $0(oldest) }
            entry = sessions.enter(resource, replacing: replacing, sessionsMax: sessionsMax)
        }
        guard case .entered(let replaced) = entry else { return entry }
        if let replaced {
            close(replaced, StreamError(.conflict, "replaced by a new connection"))
            tell(.closed, replaced)
            presence.ended(replaced)
            hooks.sessionEnded.handlers.forEach { $0(replaced) }
        }
        session.binding = resource
        tell(.opened, resource)
        hooks.sessionBound.handlers.forEach { $0(resource) }
        // The host may have been stopped since it was asked for its sessions.
        if unbound.areGone { close(resource, StreamError(.hostGone)) }
        return entry
    }

    /// Ends a session's stream from any thread.
    package func close(_ resource: ClientResource, _ error: StreamError) {
        resource.onStream { $0.fail(error) }
    }

    package func ended(_ session: C2SSession, leaving kept: [Stanza], close: () -> Void) {
        unfinished.add(1, ordering: .relaxed)
        leave(session)
        close()
        for stanza in kept { undelivered(stanza, origin: session.leftovers) }
        unfinished.subtract(1, ordering: .relaxed)
    }

    private func leave(_ session: C2SSession) {
        guard let resource = session.binding as? ClientResource else { return }
        session.binding = nil
        guard sessions.leave(resource) else { return }
        tell(.closed, resource)
        presence.ended(resource)
        hooks.sessionEnded.handlers.forEach { $0(resource) }
        if session.isAnonymous { forget(resource.jid.bare) }
    }

    package func loginRecord(of account: BareJID) async throws -> LoginRecord? {
        guard let record = try await stores.accounts.record(of: account),
            let credentials = StoredCredentials(encoded: record.credentials)
        else { return nil }
        return LoginRecord(credentials, isDisabled: record.isDisabled)
    }
}
