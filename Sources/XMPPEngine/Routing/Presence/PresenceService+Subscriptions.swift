import Logging
import XMPPCore
import XMPPStorage

/// Subscriptions: asking, granting, refusing and ending them (RFC 6121 §3).
extension PresenceService {
    // MARK: outbound

    /// The account's client acts on a contact (RFC 6121 §3.1.2, §3.1.5, §3.2.2, §3.3.2, §3.4.2).
    func send(
        _ act: SubscriptionAct, _ stanza: Stanza, to contact: BareJID, by resource: ClientResource
    ) async {
        let account = resource.jid.bare
        let stamped = stanza.readdressed(from: JID(account), to: JID(contact))
        do throws(StorageError) {
            let result = try await rosters.edit(contact, of: account) { item in
                Self.edit(item, contact, sending: act)
            }
            guard case .done(let previous, _, _) = result else {
                return refuse(
                    stanza, StanzaError(.resourceConstraint, "roster is full"), to: resource)
            }
            await carryOut(act, stamped, previous: SubscriptionState(previous))
        } catch {
            refuse(stanza, StanzaError(error), to: resource)
        }
    }

    private static func edit(
        _ item: RosterItem?, _ contact: BareJID, sending act: SubscriptionAct
    ) -> RosterEdit {
        let outcome = SubscriptionState(item).sending(act)
        var next = item ?? RosterItem(contact: contact, isListed: false)
        outcome.state.write(to: &next, request: item?.pendingRequest)
        switch outcome.approval {
        case .keep: break
        case .grant: next.isApproved = true
        case .withdraw: next.isApproved = false
        }
        return edit(from: item, to: next)
    }

    private static func edit(from item: RosterItem?, to changed: RosterItem) -> RosterEdit {
        var next = changed
        let state = SubscriptionState(next)
        // Clients see a contact from the moment the account does something about it.
        if state.toContact != .none || state.fromContact == .subscribed || next.isApproved {
            next.isListed = true
        }
        if !next.isListed, state == .none { return item == nil ? .keep : .remove }
        return next == item ? .keep : .store(next)
    }

    private func carryOut(
        _ act: SubscriptionAct, _ stanza: Stanza, previous: SubscriptionState
    ) async {
        guard let account = stanza.from?.bare, let contact = stanza.to?.bare else { return }
        let outcome = previous.sending(act)
        if previous.fromContact == .subscribed, outcome.state.fromContact != .subscribed {
            await showUnavailable(account, to: contact)
        }
        if outcome.isRouted { await relay(stanza) }
        if previous.fromContact != .subscribed, outcome.state.fromContact == .subscribed {
            await showAvailable(account, to: contact)
        }
    }

    /// Ends both directions with a contact whose roster item is gone (RFC 6121 §2.5.2).
    package func endSubscriptions(_ item: RosterItem, of account: BareJID) async {
        let state = SubscriptionState(item)
        func stanza(_ act: SubscriptionAct) -> Stanza {
            Stanza(.presence, type: act.type, from: JID(account), to: JID(item.contact))
        }
        if state.toContact != .none { await relay(stanza(.unsubscribe)) }
        if state.fromContact == .subscribed { await showUnavailable(account, to: item.contact) }
        if state.fromContact != .none { await relay(stanza(.unsubscribed)) }
    }

    /// Ends all subscriptions of an account that is about to be removed (XEP-0077 §3.2).
    package func endAllSubscriptions(of account: BareJID) async throws(StorageError) {
        for item in try await rosters.store.roster(of: account).items {
            _ = try await rosters.edit(item.contact, of: account) { _ in .remove }
            await endSubscriptions(item, of: account)
        }
    }

    // MARK: inbound

    /// A contact acts on the account (RFC 6121 §3.1.3, §3.1.6, §3.2.3, §3.3.3).
    func receive(
        _ act: SubscriptionAct, _ stanza: Stanza, from contact: BareJID, for account: BareJID
    ) async {
        let stamped = stanza.readdressed(from: JID(contact), to: JID(account))
        do throws(StorageError) {
            if act == .subscribe, try await !exists(account) {
                // RFC 6121 §8.5.1 ignores it; §3.1.2 tells the host's own users.
                if contact.domainpart == account.domainpart, !contact.isDomain {
                    router.bounce(stamped, .itemNotFound)
                }
                return
            }
            try await receiveExisting(act, stamped, from: contact, for: account)
        } catch {
            router.bounce(stamped, StanzaError(error))
        }
    }

    private func exists(_ account: BareJID) async throws(StorageError) -> Bool {
        guard sessions.sessions(of: account).isEmpty else { return true }
        return try await accounts.exists(account)
    }

    private func receiveExisting(
        _ act: SubscriptionAct, _ stanza: Stanza, from contact: BareJID, for account: BareJID
    ) async throws(StorageError) {
        let request = act == .subscribe ? SubscriptionRequest.encode(stanza) : nil
        let result = try await rosters.edit(
            contact, of: account, itemsMax: act == .subscribe ? requestsMax : nil,
            by: { Self.edit($0, contact, receiving: act, request: request) },
            beforePush: { previous, _ in
                guard Self.outcome(of: act, on: previous).isDelivered else { return }
                self.deliver(stanza, act, to: account)
            })
        guard case .done(let previous, _, _) = result else {
            return router.bounce(stanza, .resourceConstraint)
        }
        let outcome = Self.outcome(of: act, on: previous)
        if let reply = outcome.reply {
            await relay(
                Stanza(.presence, type: reply.type, from: JID(account), to: JID(contact)))
            await showAvailable(account, to: contact)
        }
        if act == .unsubscribe, SubscriptionState(previous).fromContact == .subscribed {
            await showUnavailable(account, to: contact)
        }
    }

    /// Strangers' requests must leave the owner room for contacts.
    private var requestsMax: Int {
        let itemsMax = rosters.currentSettings.itemsMax
        return itemsMax - itemsMax / 4
    }

    private static func outcome(
        of act: SubscriptionAct, on item: RosterItem?
    ) -> InboundSubscription {
        SubscriptionState(item).receiving(act, isApproved: item?.isApproved ?? false)
    }

    private static func edit(
        _ item: RosterItem?, _ contact: BareJID, receiving act: SubscriptionAct,
        request: [UInt8]?
    ) -> RosterEdit {
        var next = item ?? RosterItem(contact: contact, isListed: false)
        // The first request is kept: its content is what the owner may have seen.
        outcome(of: act, on: item).state.write(
            to: &next, request: item?.pendingRequest ?? request)
        return edit(from: item, to: next)
    }

    /// Requests go to the available sessions (§3.1.3), the rest to the interested ones (§3.1.6).
    private func deliver(_ stanza: Stanza, _ act: SubscriptionAct, to account: BareJID) {
        for resource in sessions.sessions(of: account) {
            let presence = resource.presence
            if act == .subscribe ? presence.available != nil : presence.isInterested {
                resource.deliver(stanza)
            }
        }
    }

    /// Brings the requests that wait to a session that became available (RFC 6121 §3.1.3).
    func deliverRequests(to resource: ClientResource) async {
        let account = resource.jid.bare
        do throws(StorageError) {
            for item in try await rosters.store.roster(of: account).items {
                guard let request = item.pendingRequest else { continue }
                resource.deliver(
                    SubscriptionRequest.decode(request, from: item.contact, to: account))
            }
        } catch {
            Self.log.warning(
                "subscription requests not delivered",
                metadata: ["jid": "\(resource.jid)", "error": "\(error)"])
        }
    }

    // MARK: what a change of subscription shows

    /// Shows a new subscriber what is available (RFC 6121 §3.1.5).
    ///
    /// From each session's own loop, so that an older presence does not overtake a newer one.
    private func showAvailable(_ account: BareJID, to contact: BareJID) async {
        for resource in sessions.available(account) {
            await resource.onLoop {
                guard let available = resource.presence.available else { return }
                self.router.route(available.readdressed(from: available.from, to: JID(contact)))
            }
        }
    }

    /// Hides what is available from a former subscriber (RFC 6121 §3.2.2, §3.3.3).
    private func showUnavailable(_ account: BareJID, to contact: BareJID) async {
        for resource in sessions.available(account) {
            await resource.onLoop {
                self.router.route(
                    Stanza(
                        .presence, type: .unavailable, from: JID(resource.jid),
                        to: JID(contact)))
            }
        }
    }
}
