import NIOPosix
import XMPPCore

/// Finds the served host that a client's stream is for.
package protocol C2SDirectory: AnyObject, Sendable {
    func host(_ domain: String) -> (any C2SHost)?
    /// The host whose name an error is sent from when the client named none.
    var defaultDomain: String { get }
    /// The host when there is just one: a client that names none means it.
    var onlyHost: (any C2SHost)? { get }
}

extension C2SDirectory {
    package var onlyHost: (any C2SHost)? { nil }
}

/// What a client's stream needs of the host it is for; implemented a layer up.
///
/// Called on the loop of the session; answers that take time come by `async`.
package protocol C2SHost: AnyObject, Sendable {
    var domain: String { get }
    var login: LoginServices { get }
    /// The language of the host's streams, unless a client wants another (RFC 6120 §4.7.4).
    var language: String { get }
    /// Whether streams without version may log in by IQ (XEP-0078).
    var isLegacyAuthAllowed: Bool { get }

    /// A stream was opened on the host; an error ends it, as when the host is not served any more.
    func opened(_ session: C2SSession) -> StreamError?
    /// A stream that was opened is bound, over, or on another host.
    func left(_ session: C2SSession)

    /// Stream features beside TLS, SASL and bind, before and after login.
    func features(isAuthenticated: Bool, for session: C2SSession) -> [Element]

    /// What an account logs in with; `nil` when there is no such account.
    func loginRecord(of account: BareJID) async throws -> LoginRecord?
    /// Why the account may not log in here (access rules, address); `nil` when it may.
    func refusal(of account: BareJID, on session: C2SSession) -> StanzaError?
    /// Why the client may not even try, as after too many failed logins; `nil` when it may.
    func rejection(of session: C2SSession) -> StreamError?
    /// An account's credentials were right or wrong.
    func checked(_ account: BareJID, isAccepted: Bool, on session: C2SSession)

    /// Reserves a name for a guest who chose it; `false` when an account or a guest has it.
    ///
    /// Whoever reserves gives it back, or binds a session that gives it back as it ends.
    func reserve(_ name: BareJID) async throws -> Bool
    /// Gives a reserved name back that no session was bound under.
    func release(_ name: BareJID)

    /// Enters the session under the wanted or a made resource.
    func bind(
        _ session: C2SSession, account: BareJID, resource: String?
    ) -> Result<FullJID, StanzaError>
    /// Takes a stanza of a bound session.
    func received(_ stanza: Stanza, from session: C2SSession)
    /// Takes an element that is neither a stanza nor part of the login, of a stream that has logged
    /// in; `false` when nobody knows it.
    func received(_ nonza: Element, from session: C2SSession) -> Bool
    /// The session is over, however it ended; called once after a successful bind.
    ///
    /// `kept` is what its keeper had, in order; to be given back as `undelivered`. `close` is to be
    /// called when the session is entered nowhere any more: what comes back from its transport must
    /// not find its way there again.
    func ended(_ session: C2SSession, leaving kept: [Stanza], close: () -> Void)
    /// A session's connection is lost, and its keeper wants to hold it.
    ///
    /// - Parameters:
    ///   - session: Still bound.
    ///   - bytes: What its keeper has.
    /// - Returns: What it may take, to be let go when it is not held any more; `nil` when it has to
    ///   end.
    func held(_ session: C2SSession, keeping bytes: Int) -> HeldShare?
    /// Lets the first of the streams go on with a session, and the others ask that one.
    ///
    /// Called between turns. From now on stanzas for the session go to the loop of its new stream.
    ///
    /// - Returns: `false` when the session is none of the host's any more: it has to end.
    func move(_ session: C2SSession, _ handed: HandedSession, to claims: [SessionClaim]) -> Bool
    /// The stream goes on with a session that another stream had.
    func resumed(_ session: C2SSession)
    /// A stanza that an ended session of this host took, and that its client may not have got.
    ///
    /// Those of one session come in order and with one origin, which keeps them so.
    func undelivered(_ stanza: Stanza, origin: any StanzaOrigin)

    /// In-band registration before login (XEP-0077).
    func registration(_ stanza: Stanza, on session: C2SSession) async -> Stanza
}

/// A host that is always served and has neither nonzas nor keepers.
extension C2SHost {
    package var language: String { "en" }

    package func opened(_ session: C2SSession) -> StreamError? { nil }

    package func left(_ session: C2SSession) {}

    package func received(_ nonza: Element, from session: C2SSession) -> Bool { false }

    package func held(_ session: C2SSession, keeping bytes: Int) -> HeldShare? { nil }

    package func move(
        _ session: C2SSession, _ handed: HandedSession, to claims: [SessionClaim]
    ) -> Bool { false }

    package func resumed(_ session: C2SSession) {}
}

extension C2SHost {
    /// The session is over before it had anything; its connection goes on or is closed already.
    func ended(_ session: C2SSession) { ended(session, leaving: []) {} }
}

/// What logging in on a host needs beside its accounts.
package struct LoginServices: Sendable {
    package var policy: SASLPolicy
    /// Stand in for accounts that do not exist.
    package var decoys: DecoyCredentials
    package var cache: VerifiedPasswordCache?
    /// Derives keys off the event loops.
    package var workers: NIOThreadPool

    package init(
        policy: SASLPolicy, decoys: DecoyCredentials, cache: VerifiedPasswordCache?,
        workers: NIOThreadPool
    ) {
        self.policy = policy
        self.decoys = decoys
        self.cache = cache
        self.workers = workers
    }
}
