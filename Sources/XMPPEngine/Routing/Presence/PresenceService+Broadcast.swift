import Logging
import XMPPCore
import XMPPStorage

/// Presence without `to`: for everyone who sees the account (RFC 6121 §4.2, §4.4, §4.5).
extension PresenceService {
    /// What a session leaves behind that ends or becomes unavailable.
    struct Departure: Sendable {
        let wasAvailable: Bool
        let directed: Set<JID>
    }

    private struct Announcement: Sendable {
        let stanza: Stanza
        let priority: Int8
        let resource: ClientResource
    }

    /// What followed from an announcement.
    private struct Consequences: Sendable {
        /// Whether requests that wait must be delivered (RFC 6121 §3.1.3).
        var mustBringRequests = false
        /// Whether the session takes messages now and did not before.
        var isReceptive = false
    }

    // MARK: available

    func announce(_ stanza: Stanza, by resource: ClientResource) {
        guard let priority = PresencePriority.read(stanza.payload) else {
            return resource.session.refuse(stanza, .badRequest)
        }
        guard let stanza = screenedOutbound(stanza, by: resource) else { return }
        let announcement = Announcement(stanza: stanza, priority: priority, resource: resource)
        if let contacts = rosters.cachedContacts(of: resource.jid.bare) {
            let consequences = publish(announcement, to: contacts)
            guard consequences.mustBringRequests || (consequences.isReceptive && hasArrivalHooks)
            else {
                return
            }
            resource.session.hold { await self.follow(consequences, of: resource) }
        } else {
            resource.session.hold { await self.announceLater(announcement) }
        }
    }

    private func announceLater(_ announcement: Announcement) async {
        let resource = announcement.resource
        do throws(StorageError) {
            let contacts = try await rosters.contacts(of: resource.jid.bare)
            let consequences = await resource.onLoop {
                self.publish(announcement, to: contacts)
            }
            await follow(consequences, of: resource)
        } catch {
            refuse(announcement.stanza, StanzaError(error), to: resource)
        }
    }

    private var hasArrivalHooks: Bool { !hooks.becameAvailable.handlers.isEmpty }

    private func follow(_ consequences: Consequences, of resource: ClientResource) async {
        if consequences.mustBringRequests { await deliverRequests(to: resource) }
        guard consequences.isReceptive else { return }
        for hook in hooks.becameAvailable.handlers { await hook(resource) }
    }

    /// Takes the presence on and sends it out; called on the session's loop.
    private func publish(_ announcement: Announcement, to contacts: Contacts) -> Consequences {
        let resource = announcement.resource
        let previous = resource.update { presence -> ClientResource.Presence? in
            guard !presence.hasEnded else { return nil }
            let previous = presence
            presence.available = announcement.stanza
            presence.priority = announcement.priority
            presence.isBroadcasting = true
            return previous
        }
        guard let previous else { return Consequences() }
        broadcast(announcement.stanza, to: contacts, by: resource)
        let isInitial = previous.available == nil
        if isInitial { lookAround(resource, contacts) }
        finishBroadcast(of: resource)
        return Consequences(
            mustBringRequests: isInitial && contacts.hasRequests,
            isReceptive: announcement.priority >= 0 && (isInitial || previous.priority < 0))
    }

    /// Ends a broadcast; if the session ended meanwhile, its farewell follows now.
    func finishBroadcast(of resource: ClientResource) {
        let departure = resource.update { presence -> Departure? in
            presence.isBroadcasting = false
            return presence.hasEnded ? presence.takeDeparture() : nil
        }
        guard let departure else { return }
        let farewell = Stanza(.presence, type: .unavailable, from: JID(resource.jid))
        depart(departure, with: farewell, of: resource, origin: NoOrigin.shared)
    }

    /// To the contacts that see the account, and to all its available sessions.
    private func broadcast(
        _ stanza: Stanza, to contacts: Contacts, by resource: ClientResource
    ) {
        let account = resource.jid.bare
        for (contact, relation) in contacts.relations where relation.contains(.from) {
            let copy = stanza.readdressed(from: stanza.from, to: JID(contact))
            send(copy, to: contact, from: account)
        }
        deliver(stanza.readdressed(from: stanza.from, to: JID(account)), to: account)
    }

    /// What a newly available session is told: its siblings, and the contacts it sees (§4.3).
    private func lookAround(_ resource: ClientResource, _ contacts: Contacts) {
        let account = resource.jid.bare
        for sibling in sessions.sessions(of: account) where sibling !== resource {
            guard let available = sibling.presence.available else { continue }
            resource.deliver(available.readdressed(from: available.from, to: JID(account)))
        }
        for (contact, relation) in contacts.relations where relation.contains(.to) {
            probe(contact, for: resource)
        }
    }

    // MARK: unavailable

    func leave(_ stanza: Stanza, by resource: ClientResource) {
        guard let stanza = screenedOutbound(stanza, by: resource) else { return }
        let departure = resource.update { presence in
            presence.hasEnded ? nil : presence.takeDeparture()
        }
        guard let departure else { return }
        depart(departure, with: stanza, of: resource, origin: resource.session)
        // Also to the session it came from (§4.5.2), which is not available any more.
        if departure.wasAvailable {
            resource.deliver(stanza.readdressed(from: stanza.from, to: JID(resource.jid)))
        }
    }

    /// Says `unavailable` to everyone who saw the session available (§4.5.2, §4.6.3).
    func depart(
        _ departure: Departure, with stanza: Stanza, of resource: ClientResource,
        origin: any StanzaOrigin
    ) {
        guard departure.wasAvailable else {
            for entity in departure.directed {
                router.route(stanza.readdressed(from: stanza.from, to: entity))
            }
            return
        }
        if let contacts = rosters.cachedContacts(of: resource.jid.bare) {
            return depart(departure, with: stanza, of: resource, seenBy: contacts)
        }
        origin.hold {
            do throws(StorageError) {
                let contacts = try await self.rosters.contacts(of: resource.jid.bare)
                await resource.onLoop {
                    self.depart(departure, with: stanza, of: resource, seenBy: contacts)
                }
            } catch {
                Self.log.warning(
                    "contacts not told that a session ended",
                    metadata: ["jid": "\(resource.jid)", "error": "\(error)"])
            }
        }
    }

    private func depart(
        _ departure: Departure, with stanza: Stanza, of resource: ClientResource,
        seenBy contacts: Contacts
    ) {
        broadcast(stanza, to: contacts, by: resource)
        let account = resource.jid.bare
        for entity in departure.directed {
            let isTold = entity.bare == account || contacts.contains(.from, of: entity.bare)
            if !isTold { router.route(stanza.readdressed(from: stanza.from, to: entity)) }
        }
    }

    // MARK: directed

    /// RFC 6121 §4.6: who got it hears when it ends.
    func direct(_ stanza: Stanza, by resource: ClientResource) {
        guard let stanza = screenedOutbound(stanza, by: resource), let to = stanza.to else {
            return
        }
        enum Decision { case send, refuse, drop }
        let decision = resource.update { presence -> Decision in
            guard !presence.hasEnded else { return .drop }
            if stanza.type == .unavailable {
                presence.directed.remove(to)
            } else {
                guard
                    presence.directed.contains(to)
                        || presence.directed.count < ClientResource.directedMax
                else { return .refuse }
                presence.directed.insert(to)
            }
            presence.isBroadcasting = true
            return .send
        }
        switch decision {
        case .send:
            router.route(stanza, origin: resource.session)
            finishBroadcast(of: resource)
        case .refuse:
            resource.session.refuse(stanza, .resourceConstraint)
        case .drop:
            break
        }
    }

    private func screenedOutbound(_ stanza: Stanza, by resource: ClientResource) -> Stanza? {
        screen(stanza, by: hooks.presenceSent.handlers) { resource.session.refuse($0, $1) }
    }
}

extension ClientResource.Presence {
    /// Becomes unavailable.
    ///
    /// - Returns: Who must hear of it.
    mutating func takeDeparture() -> PresenceService.Departure {
        let departure = PresenceService.Departure(
            wasAvailable: available != nil, directed: directed)
        available = nil
        priority = 0
        directed = []
        return departure
    }
}
