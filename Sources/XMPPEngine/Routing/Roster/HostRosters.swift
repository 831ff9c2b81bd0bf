import Synchronization
import XMPPCore
import XMPPStorage

/// The rosters of one host's accounts: read, edited one edit after the other, and pushed.
///
/// Whoever changes a roster does it here, so that sessions and presence hear of it. Edits of one
/// account take turns; its pushes leave in the order of the versions (RFC 6121 §2.6.3).
package final class HostRosters: Sendable {
    package struct Settings: Sendable {
        /// Most items of a roster, those included that clients do not see.
        package var itemsMax: Int
        /// Whether pushes and results carry versions (RFC 6121 §2.6).
        package var isVersioned: Bool

        package init(itemsMax: Int = .max, isVersioned: Bool = true) {
            self.itemsMax = itemsMax
            self.isVersioned = isVersioned
        }
    }

    /// What a client that asks for the roster gets.
    package enum Answer: Sendable {
        case unchanged
        case all(Roster)
        case changes([RosterChange])
    }

    package let store: any RosterStore
    private let sessions: SessionManager
    private let settings = Mutex(Settings())
    private let turns = Turns<BareJID>()
    private let cache = ContactsCache()
    private let pushes = Atomic<UInt64>(0)

    init(store: any RosterStore, sessions: SessionManager) {
        self.store = store
        self.sessions = sessions
    }

    package var currentSettings: Settings { settings.withLock { $0 } }

    package func update(_ settings: Settings) { self.settings.withLock { $0 = settings } }

    private func inTurn<Value: Sendable>(
        _ account: BareJID, _ body: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        guard await turns.take(account) else { throw .overloaded }
        defer { turns.give(account) }
        return try await body()
    }

    // MARK: reading

    /// The account's contacts if they are at hand: as a rule while it has sessions that care.
    func cachedContacts(of account: BareJID) -> Contacts? { cache.contacts(of: account) }

    /// The account's contacts, read if need be, and kept while it has sessions.
    func contacts(of account: BareJID) async throws(StorageError) -> Contacts {
        if let contacts = cache.contacts(of: account) { return contacts }
        return try await inTurn(account) { () throws(StorageError) in
            if let contacts = cache.contacts(of: account) { return contacts }
            let contacts = Contacts(try await store.roster(of: account))
            keep(contacts, of: account)
            return contacts
        }
    }

    private func keep(_ contacts: Contacts, of account: BareJID) {
        cache.insert(contacts, of: account)
        // Looked up after the insertion: a session that ends now removes it after leaving.
        forgetIfUnused(account)
    }

    /// Drops what is kept of an account without sessions.
    func forgetIfUnused(_ account: BareJID) {
        if sessions.sessions(of: account).isEmpty { cache.remove(account) }
    }

    /// Drops what is kept of an account that is gone.
    package func forget(_ account: BareJID) { cache.remove(account) }

    /// Accounts whose contacts are kept, for those who watch memory.
    package var keptCount: Int { cache.count }

    /// Makes a session interested and answers it (RFC 6121 §2.2, §2.6.3).
    ///
    /// - Parameters:
    ///   - resource: Who asked.
    ///   - version: What the client knows already; `nil` for nothing.
    ///   - answer: Called once, before any push of a later change.
    /// - Throws: What the store throws; `answer` is not called then.
    func open(
        for resource: ClientResource, knowing version: RosterVersion?,
        answer: @Sendable (Answer) -> Void
    ) async throws(StorageError) {
        let account = resource.jid.bare
        try await inTurn(account) { () throws(StorageError) in
            answer(try await self.answer(account, knowing: version))
            resource.update { $0.isInterested = true }
        }
    }

    private func answer(
        _ account: BareJID, knowing version: RosterVersion?
    ) async throws(StorageError) -> Answer {
        if let version, let contacts = cache.contacts(of: account) {
            if contacts.version == version { return .unchanged }
            switch try await store.changes(of: account, since: version) {
            case .unchanged: return .unchanged
            case .changed(let changes): return .changes(changes)
            case .sendAll: break
            }
        }
        let roster = try await store.roster(of: account)
        keep(Contacts(roster), of: account)
        return roster.version == version ? .unchanged : .all(roster)
    }

    // MARK: editing

    /// Edits one item, and pushes it when clients see a difference.
    ///
    /// - Parameters:
    ///   - contact: Whose item to edit.
    ///   - account: Whose roster.
    ///   - itemsMax: Most items if this adds one; the roster limit if `nil`.
    ///   - isPushedAlways: Whether an unchanged item is pushed too (RFC 6121 §2.3.2).
    ///   - decide: See `RosterStore.edit`.
    ///   - beforePush: Sends what clients must get before the push; given the item before and
    ///     after.
    /// - Returns: The item before and after, or `.full`.
    /// - Throws: What the store throws; `.overloaded` when too many edits wait.
    package func edit(
        _ contact: BareJID, of account: BareJID, itemsMax: Int? = nil,
        isPushedAlways: Bool = false,
        by decide: @escaping @Sendable (RosterItem?) -> RosterEdit,
        beforePush: @Sendable (RosterItem?, RosterItem?) -> Void = { _, _ in }
    ) async throws(StorageError) -> RosterEditResult {
        let max = itemsMax ?? currentSettings.itemsMax
        return try await inTurn(account) { () throws(StorageError) in
            let result = try await store.edit(contact, of: account, itemsMax: max, by: decide)
            guard case .done(let previous, let current, let version) = result else {
                return result
            }
            cache.apply(current, of: contact, in: account, version: version)
            beforePush(previous, current)
            if isPushedAlways || previous?.clientView != current?.clientView {
                push(RosterPush(contact, current?.clientView, version), to: account)
            }
            return result
        }
    }

    // MARK: pushing

    private func push(_ change: RosterPush, to account: BareJID) {
        let interested = sessions.sessions(of: account).filter { $0.presence.isInterested }
        guard !interested.isEmpty else { return }
        let payload = change.payload(isVersioned: currentSettings.isVersioned)
        for resource in interested { push(payload, to: resource) }
    }

    /// Pushes one change to a session that lacks it.
    func push(_ change: RosterPush, to resource: ClientResource) {
        push(change.payload(isVersioned: currentSettings.isVersioned), to: resource)
    }

    private func push(_ payload: Payload, to resource: ClientResource) {
        let number = pushes.wrappingAdd(1, ordering: .relaxed).newValue
        resource.deliver(
            Stanza(
                .iq, type: .set, id: "roster-\(number)", to: JID(resource.jid), payload: payload))
    }
}
