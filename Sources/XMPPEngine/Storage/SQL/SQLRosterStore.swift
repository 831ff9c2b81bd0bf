import XMPPCore

/// Rosters in SQL.
struct SQLRosterStore: RosterStore {
    private let database: any SQLDatabase
    private let now: @Sendable () -> Timestamp

    init(
        database: any SQLDatabase, now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.database = database
        self.now = now
    }

    func roster(of account: BareJID) async throws(StorageError) -> Roster {
        try await database.read { (session) throws(StorageError) in
            let table = RosterTable(session, owner: account)
            return Roster(
                items: try table.items().map(\.item), version: try table.state().version)
        }
    }

    func item(_ contact: BareJID, of account: BareJID) async throws(StorageError)
        -> RosterItem?
    {
        try await database.read { (session) throws(StorageError) in
            try RosterTable(session, owner: account).item(contact)?.item
        }
    }

    func edit(
        _ contact: BareJID, of account: BareJID, itemsMax: Int,
        by decide: @escaping @Sendable (RosterItem?) -> RosterEdit
    ) async throws(StorageError) -> RosterEditResult {
        let moment = now()
        return try await database.write { (session) throws(StorageError) in
            let table = RosterTable(session, owner: account)
            let stored = try table.item(contact)
            switch decide(stored?.item) {
            case .keep:
                return .done(
                    previous: stored?.item, current: stored?.item,
                    version: try table.state().version)
            case .store(let item):
                guard item.contact == contact else {
                    throw .constraint("a roster item keeps its contact")
                }
                if stored == nil {
                    guard try table.hasRoom(itemsMax) else { return .full }
                }
                guard try table.hasRoom(for: item, over: stored) else { return .full }
                return .done(
                    previous: stored?.item, current: item,
                    version: try table.store(item, over: stored, at: moment))
            case .remove:
                return .done(
                    previous: stored?.item, current: nil,
                    version: try table.remove(stored, at: moment))
            }
        }
    }

    func changes(of account: BareJID, since version: RosterVersion)
        async throws(StorageError) -> RosterChanges
    {
        try await database.read { (session) throws(StorageError) in
            let table = RosterTable(session, owner: account)
            let state = try table.state()
            guard version != state.version else { return .unchanged }
            guard version < state.version, version >= state.changesFrom else { return .sendAll }
            return .changed(try table.changes(since: version))
        }
    }

    func removeRoster(of account: BareJID) async throws(StorageError) -> Bool {
        try await database.write { (session) throws(StorageError) in
            try session.execute("DELETE FROM roster WHERE owner = ?1", .text(account.text)) == 1
        }
    }
}
