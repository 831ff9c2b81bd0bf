import XMPPCore
import XMPPStorage

/// Presence and subscriptions of one host's accounts (RFC 6121 §3–4).
package final class PresenceService: Sendable {
    private let sessions: SessionManager
    private let rosters: any RosterStore
    private let router: Router
    private let hooks: HostHooks

    package init(
        sessions: SessionManager, rosters: any RosterStore, router: Router, hooks: HostHooks
    ) {
        self.sessions = sessions
        self.rosters = rosters
        self.router = router
        self.hooks = hooks
    }

    /// A presence stanza that one of the host's clients sent; called on the session's loop.
    func sent(_ stanza: Stanza, by resource: ClientResource) {}

    /// A presence stanza for an account of the host, from whomever.
    func arrived(_ stanza: Stanza, for account: BareJID, origin: any StanzaOrigin) {}

    /// A session is over: whoever saw it available hears `unavailable`.
    func ended(_ resource: ClientResource) {}
}
