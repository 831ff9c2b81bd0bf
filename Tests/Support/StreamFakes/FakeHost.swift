import NIOPosix
import Synchronization
import XMPPCore
import XMPPEngine

/// A served host without stores: anyone may log in anonymously, and what a client sends comes back.
package final class FakeHost: C2SHost, C2SDirectory {
    package let domain = "example.com"
    package let defaultDomain = "example.com"
    private let state = Mutex(State())

    private struct State {
        var undelivered: [Stanza] = []
        var received: [Stanza] = []
        var lastBound: C2SSession?
        var bound = 0
        var ended = 0
        var watch: (@Sendable () -> Void)?
    }

    private let admitsGuests: Bool

    /// `admitsGuests` says whether anybody may log in at all.
    package init(admitsGuests: Bool = true) { self.admitsGuests = admitsGuests }

    /// Called whenever a session gives something back, on its loop, before that is recorded.
    package func whenGivenBack(_ watch: @escaping @Sendable () -> Void) {
        state.withLock { $0.watch = watch }
    }

    /// What sessions gave back.
    package var undelivered: [Stanza] { state.withLock { $0.undelivered } }

    /// What clients have sent since they were bound.
    package var received: [Stanza] { state.withLock { $0.received } }

    /// The session that was bound last; to be used on its loop.
    package var lastBound: C2SSession? { state.withLock { $0.lastBound } }

    /// How many sessions were bound, and how many of these have ended.
    package var sessionCounts: (bound: Int, ended: Int) {
        state.withLock { ($0.bound, $0.ended) }
    }

    // MARK: C2SDirectory

    package func host(_ domain: String) -> (any C2SHost)? { domain == self.domain ? self : nil }

    // MARK: C2SHost

    package var login: LoginServices {
        var policy = SASLPolicy()
        policy.offersPasswords = false
        policy.offersAnonymous = admitsGuests
        return LoginServices(
            policy: policy, decoys: DecoyCredentials(secret: [UInt8](repeating: 7, count: 32)),
            cache: nil, workers: .singleton)
    }

    package func features(isAuthenticated: Bool, for session: C2SSession) -> [Element] { [] }

    package let isLegacyAuthAllowed = true

    package func loginRecord(of account: BareJID) async throws -> LoginRecord? { nil }

    package func refusal(of account: BareJID, on session: C2SSession) -> StanzaError? { nil }

    package func rejection(of session: C2SSession) -> StreamError? { nil }

    package func checked(_ account: BareJID, isAccepted: Bool, on session: C2SSession) {}

    package func reserve(_ name: BareJID) async throws -> Bool { true }

    package func release(_ name: BareJID) {}

    package func bind(
        _ session: C2SSession, account: BareJID, resource: String?
    ) -> Result<FullJID, StanzaError> {
        guard let full = FullJID(bare: account, resourcepart: resource ?? "made") else {
            return .failure(.badRequest)
        }
        state.withLock {
            $0.bound += 1
            $0.lastBound = session
        }
        return .success(full)
    }

    /// Sends a stanza back to where it came from, unless it is for nobody.
    package func received(_ stanza: Stanza, from session: C2SSession) {
        state.withLock { $0.received.append(stanza) }
        guard stanza.to != nil else { return }
        session.deliver(stanza.readdressed(from: stanza.to, to: session.jid))
    }

    package func ended(_ session: C2SSession, leaving kept: [Stanza], close: () -> Void) {
        state.withLock {
            $0.ended += 1
            $0.undelivered += kept
        }
        close()
    }

    package func undelivered(_ stanza: Stanza, origin: any StanzaOrigin) {
        state.withLock { $0.watch }?()
        state.withLock { $0.undelivered.append(stanza) }
    }

    package func registration(_ stanza: Stanza, on session: C2SSession) async -> Stanza { stanza }
}
