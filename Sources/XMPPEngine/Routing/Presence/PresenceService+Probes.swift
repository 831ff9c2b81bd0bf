import XMPPCore
import XMPPStorage

/// Probes: what presence a contact has just now (RFC 6121 §4.3).
extension PresenceService {
    /// Finds out a contact's presence for a session that became available.
    ///
    /// Of contacts on the same host the answer is at hand; that one is not there is not said.
    func probe(_ contact: BareJID, for resource: ClientResource) {
        let account = resource.jid.bare
        let probe = Stanza(.presence, type: .probe, from: JID(account), to: JID(contact))
        guard contact.domainpart == account.domainpart, !contact.isDomain else {
            return router.route(probe)
        }
        let available = sessions.sessions(of: contact).compactMap(\.presence.available)
        guard !available.isEmpty else { return }
        guard let theirs = rosters.cachedContacts(of: contact),
            theirs.contains(.from, of: account)
        else { return answerProbe(probe, for: contact, origin: NoOrigin.shared) }
        for presence in available {
            let copy = presence.readdressed(from: presence.from, to: JID(account))
            if let copy = screened(copy) { resource.deliver(copy) }
        }
    }

    /// RFC 6121 §4.3.2.
    func answerProbe(_ probe: Stanza, for account: BareJID, origin: any StanzaOrigin) {
        guard let from = probe.from else { return }
        if from.bare == account {
            return answer(probe, for: account, isAllowed: true, origin: origin)
        }
        if let contacts = rosters.cachedContacts(of: account) {
            let isAllowed = contacts.contains(.from, of: from.bare)
            return answer(probe, for: account, isAllowed: isAllowed, origin: origin)
        }
        origin.hold {
            let item: RosterItem?
            do throws(StorageError) {
                item = try await self.rosters.store.item(from.bare, of: account)
            } catch {
                // Without an answer the sender takes the contact for unavailable.
                return
            }
            let work = CollectedWork()
            let isAllowed = SubscriptionState(item).fromContact == .subscribed
            self.answer(probe, for: account, isAllowed: isAllowed, origin: work)
            await work.finish()
        }
    }

    private func answer(
        _ probe: Stanza, for account: BareJID, isAllowed: Bool, origin: any StanzaOrigin
    ) {
        guard let from = probe.from, let to = probe.to else { return }
        guard isAllowed else {
            // The sender's server ends the subscription that it takes for granted.
            return router.route(
                Stanza(
                    .presence, type: .unsubscribed, id: probe.id, from: JID(account),
                    to: JID(from.bare)),
                origin: origin)
        }
        let asked = sessions.sessions(of: account).filter { resource in
            to.isBare || resource.jid.resourcepart == to.resourcepart
        }
        let available = asked.compactMap(\.presence.available)
        if available.isEmpty {
            router.route(Stanza(.presence, type: .unavailable, id: probe.id, from: to, to: from))
        }
        for presence in available {
            router.route(presence.readdressed(from: presence.from, to: from))
        }
    }
}
