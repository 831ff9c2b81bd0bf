import XMPPCore
import XMPPStorage

/// Answers the roster requests of a host's clients (RFC 6121 §2).
package struct RosterService: Sendable {
    private let rosters: HostRosters
    private let presence: PresenceService

    /// Attaches the handlers and stream features to a host, in place of earlier ones.
    ///
    /// - Parameters:
    ///   - host: Whose accounts have rosters.
    ///   - owner: Name of the module; `detach` of the host's hooks and IQs removes by it.
    ///   - versioning: Whether clients may ask for changes alone (RFC 6121 §2.6).
    ///   - itemsMax: Most items of a roster.
    package static func attach(
        to host: VirtualHost, owner: String, versioning: Bool = true, itemsMax: Int = .max
    ) {
        detach(from: host, owner: owner)
        let rosters = host.presence.rosters
        rosters.update(.init(itemsMax: itemsMax, isVersioned: versioning))
        let service = RosterService(rosters: rosters, presence: host.presence)
        host.iqs.attach(
            owner, .roster, to: .account,
            .later { (iq) async throws(StanzaError) in try await service.answer(iq) })
        let features = features(versioning: versioning)
        host.hooks.streamFeatures.attach(owner, .stamp) { isAuthenticated, _ in
            isAuthenticated ? features : []
        }
        host.hooks.accountRemoved.attach(owner, .stamp) { rosters.forget($0) }
    }

    /// Removes what `attach` attached.
    package static func detach(from host: VirtualHost, owner: String) {
        host.iqs.detach(owner)
        host.hooks.streamFeatures.detach(owner)
        host.hooks.accountRemoved.detach(owner)
    }

    /// RFC 6121 §2.6.1 and §3.4.1.
    private static func features(versioning: Bool) -> [Element] {
        let approval = Element("sub", .subscriptionPreApproval)
        return versioning ? [Element("ver", .rosterVersioning), approval] : [approval]
    }

    private func answer(_ iq: IQ) async throws(StanzaError) -> IQReply {
        // A roster belongs to its account alone (§2.3.3).
        guard iq.isOwn else { throw .forbidden }
        let account = iq.to.bare
        switch try RosterRequest(iq.request, isSet: iq.isSet, account: account) {
        case .get(let version):
            return try await get(iq, version: version)
        case .set(let contact, let name, let groups):
            try await set(contact, name: name, groups: groups, of: account)
            return .empty
        case .remove(let contact):
            try await remove(contact, of: account)
            return .empty
        }
    }

    // MARK: get

    /// RFC 6121 §2.2 and §2.6.3.
    private func get(_ iq: IQ, version: String?) async throws(StanzaError) -> IQReply {
        guard let resource = iq.session else { throw .serviceUnavailable }
        let isVersioned = version != nil && rosters.currentSettings.isVersioned
        let known = isVersioned ? version.flatMap { RosterVersion($0) } : nil
        do throws(StorageError) {
            try await rosters.open(for: resource, knowing: known) { answer in
                switch answer {
                case .unchanged:
                    resource.deliver(iq.stanza.result())
                case .all(let roster):
                    let query = Self.query(roster, isVersioned: isVersioned)
                    resource.deliver(iq.stanza.result([query]))
                case .changes(let changes):
                    resource.deliver(iq.stanza.result())
                    for change in changes { rosters.push(RosterPush(change), to: resource) }
                }
            }
        } catch {
            throw StanzaError(error)
        }
        return .answered
    }

    private static func query(_ roster: Roster, isVersioned: Bool) -> Element {
        Element(
            "query", .roster,
            attributes: [("ver", isVersioned ? roster.version.description : nil)],
            children: roster.items.lazy.compactMap(\.clientView).map(\.element))
    }

    // MARK: set

    /// RFC 6121 §2.3 and §2.4: name and groups are the client's, the rest stays.
    private func set(
        _ contact: BareJID, name: String?, groups: [String], of account: BareJID
    ) async throws(StanzaError) {
        let result = try await edit(contact, of: account, isPushedAlways: true) { item in
            var item = item ?? RosterItem(contact: contact)
            item.name = name
            item.groups = groups
            item.isListed = true
            return .store(item)
        }
        guard case .done = result else { throw StanzaError(.resourceConstraint, "roster is full") }
    }

    /// RFC 6121 §2.5.2: subscriptions end in both directions.
    private func remove(_ contact: BareJID, of account: BareJID) async throws(StanzaError) {
        let result = try await edit(contact, of: account) { item in
            item?.isListed == true ? .remove : .keep
        }
        guard case .done(let previous?, nil, _) = result else { throw .itemNotFound }
        await presence.endSubscriptions(previous, of: account)
    }

    private func edit(
        _ contact: BareJID, of account: BareJID, isPushedAlways: Bool = false,
        by decide: @escaping @Sendable (RosterItem?) -> RosterEdit
    ) async throws(StanzaError) -> RosterEditResult {
        do throws(StorageError) {
            return try await rosters.edit(
                contact, of: account, isPushedAlways: isPushedAlways, by: decide)
        } catch {
            throw StanzaError(error)
        }
    }
}

extension StanzaError {
    /// What a client hears when a store cannot do what it wants.
    init(_ error: StorageError) {
        switch error {
        case .overloaded: self = .resourceConstraint
        case .constraint: self = .notAcceptable
        case .unavailable, .diskFull, .corrupt, .unreadable, .cancelled, .newerSchema:
            self = .internalServerError
        }
    }
}
