import Logging
import XMPPCore
import XMPPStorage

/// Presence and subscriptions of one host's accounts (RFC 6121 §3–4).
///
/// Called from every loop. A session's own presence goes out from its own loop, so that its order
/// is kept; what needs a store holds the stream it came by.
package final class PresenceService: Sendable {
    /// The host's rosters, edited and pushed.
    package let rosters: HostRosters
    let sessions: SessionManager
    let accounts: any AccountStore
    let router: Router
    let hooks: HostHooks
    static let log = Logger(label: "martlet.presence")

    package init(sessions: SessionManager, stores: Stores, router: Router, hooks: HostHooks) {
        self.sessions = sessions
        accounts = stores.accounts
        self.router = router
        self.hooks = hooks
        rosters = HostRosters(store: stores.rosters, sessions: sessions)
    }

    // MARK: entry points

    /// A presence stanza that one of the host's clients sent; called on the session's loop.
    func sent(_ stanza: Stanza, by resource: ClientResource) {
        if let act = SubscriptionAct(stanza.type) {
            guard let to = stanza.to else { return resource.session.refuse(stanza, .badRequest) }
            // Whoever looks at it sees its own presence anyway.
            guard to.bare != resource.jid.bare else { return }
            resource.session.hold { await self.send(act, stanza, to: to.bare, by: resource) }
            return
        }
        switch stanza.type {
        case .available where stanza.to == nil:
            announce(stanza, by: resource)
        case .unavailable where stanza.to == nil:
            leave(stanza, by: resource)
        case .available, .unavailable:
            direct(stanza, by: resource)
        default:
            // Probes and errors; without `to` they mean nothing.
            router.route(stanza, origin: resource.session)
        }
    }

    /// A presence stanza for an account of the host, from whomever.
    func arrived(_ stanza: Stanza, for account: BareJID, origin: any StanzaOrigin) {
        if let act = SubscriptionAct(stanza.type) {
            guard let from = stanza.from, from.bare != account else { return }
            origin.hold { await self.receive(act, stanza, from: from.bare, for: account) }
            return
        }
        switch stanza.type {
        case .probe:
            answerProbe(stanza, for: account, origin: origin)
        case .error:
            // An answer to a subscription stanza: whoever sees the roster wants it (§3.1.2).
            for resource in sessions.sessions(of: account) {
                let presence = resource.presence
                if presence.isInterested || presence.available != nil { resource.deliver(stanza) }
            }
        default:
            deliver(stanza, to: account)
        }
    }

    /// A session is over: whoever saw it available hears `unavailable`; from any thread.
    func ended(_ resource: ClientResource) {
        let departure = resource.update { presence -> Departure? in
            guard !presence.hasEnded else { return nil }
            presence.hasEnded = true
            return presence.isBroadcasting ? nil : presence.takeDeparture()
        }
        if let departure {
            let farewell = Stanza(.presence, type: .unavailable, from: JID(resource.jid))
            depart(departure, with: farewell, of: resource, origin: NoOrigin.shared)
        }
        rosters.forgetIfUnused(resource.jid.bare)
    }

    // MARK: delivery

    /// To the account's available sessions (RFC 6121 §8.5.2.1.2).
    func deliver(_ stanza: Stanza, to account: BareJID) {
        for resource in sessions.sessions(of: account) where resource.isAvailable {
            resource.deliver(stanza)
        }
    }

    /// Sends presence to a contact; one of the same host is reached without a detour.
    func send(_ stanza: Stanza, to contact: BareJID, from account: BareJID) {
        guard contact.domainpart == account.domainpart, !contact.isDomain else {
            return router.route(stanza)
        }
        let resources = sessions.available(contact)
        guard !resources.isEmpty, let stanza = screened(stanza) else { return }
        for resource in resources { resource.deliver(stanza) }
    }

    /// What the hooks on arriving stanzas leave of it.
    func screened(_ stanza: Stanza) -> Stanza? {
        screen(stanza, by: hooks.arriving.handlers) { router.bounce($0, $1) }
    }

    func screen(
        _ stanza: Stanza, by handlers: [HostHooks.Screen],
        bounce: (Stanza, StanzaError) -> Void
    ) -> Stanza? {
        var stanza = stanza
        for handler in handlers {
            switch handler(stanza) {
            case .pass: break
            case .change(let changed): stanza = changed
            case .drop: return nil
            case .bounce(let error):
                bounce(stanza, error)
                return nil
            }
        }
        return stanza
    }

    /// Routes a stanza and waits until it is dealt with, so that the next cannot overtake it.
    func relay(_ stanza: Stanza) async {
        let origin = CollectedWork()
        router.route(stanza, origin: origin)
        await origin.finish()
    }

    /// Refuses a stanza from outside its session's loop.
    func refuse(_ stanza: Stanza, _ error: StanzaError, to resource: ClientResource) {
        resource.onStream { $0.refuse(stanza, error) }
    }
}
