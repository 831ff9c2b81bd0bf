import XMPPCore

/// One account's roster within a transaction.
struct RosterTable {
    /// Most removed contacts remembered for clients with an old version.
    static let removalsMax = 200
    /// Most bytes of addresses, names and groups in one roster.
    static let textBytesMax = 1 << 20
    /// Most bytes of the requests that wait for the owner of one roster.
    static let requestBytesMax = 1 << 20
    /// Bytes of an item, or of its request, that need not be counted.
    static let shortBytes = 256

    /// An item and the version that last changed what clients see of it.
    struct StoredItem {
        let item: RosterItem
        let version: RosterVersion
    }

    /// A roster's version and the oldest one since which all changes are known.
    struct State {
        let version: RosterVersion
        let changesFrom: RosterVersion
    }

    private let session: any SQLSession
    private let owner: SQLValue

    init(_ session: any SQLSession, owner: BareJID) {
        self.session = session
        self.owner = .text(owner.text)
    }

    func state() throws(StorageError) -> State {
        try storedState()
            ?? State(version: RosterVersion(number: 0), changesFrom: RosterVersion(number: 0))
    }

    func item(_ contact: BareJID) throws(StorageError) -> StoredItem? {
        try session.first(
            """
            SELECT contact, name, group_names, subscription, is_asking, pending_request,
                is_approved, is_listed, version
            FROM roster_item WHERE owner = ?1 AND contact = ?2
            """,
            owner, .text(contact.text), row: storedItem)
    }

    func items() throws(StorageError) -> [StoredItem] {
        try session.query(
            """
            SELECT contact, name, group_names, subscription, is_asking, pending_request,
                is_approved, is_listed, version
            FROM roster_item WHERE owner = ?1 ORDER BY contact
            """,
            owner, row: storedItem)
    }

    func hasRoom(_ itemsMax: Int) throws(StorageError) -> Bool {
        let count = try session.number(
            "SELECT count(*) FROM roster_item WHERE owner = ?1", owner)
        return count < itemsMax
    }

    /// Whether the texts of all items, and the requests that wait, stay within bounds; short ones,
    /// and those that do not grow, always do.
    func hasRoom(for item: RosterItem, over stored: StoredItem?) throws(StorageError) -> Bool {
        guard try hasRoomForText(of: item, over: stored) else { return false }
        return try hasRoomForRequest(of: item, over: stored)
    }

    private func hasRoomForRequest(
        of item: RosterItem, over stored: StoredItem?
    ) throws(StorageError) -> Bool {
        let size = item.pendingRequest?.count ?? 0
        guard size > Self.shortBytes, size > stored?.item.pendingRequest?.count ?? 0 else {
            return true
        }
        let others = try session.number(
            """
            SELECT coalesce(sum(length(pending_request)), 0)
            FROM roster_item WHERE owner = ?1 AND contact <> ?2
            """,
            owner, .text(item.contact.text))
        return Int(others) + size <= Self.requestBytesMax
    }

    private func hasRoomForText(
        of item: RosterItem, over stored: StoredItem?
    ) throws(StorageError) -> Bool {
        let size = item.textBytes
        guard size > Self.shortBytes, size > stored?.item.textBytes ?? 0 else { return true }
        let others = try session.number(
            """
            SELECT coalesce(sum(length(contact) + coalesce(length(name), 0)
                + coalesce(length(group_names), 0)), 0)
            FROM roster_item WHERE owner = ?1 AND contact <> ?2
            """,
            owner, .text(item.contact.text))
        return Int(others) + size <= Self.textBytesMax
    }

    /// Writes an item and returns the roster's version after it.
    func store(_ item: RosterItem, over stored: StoredItem?, at now: Timestamp)
        throws(StorageError) -> RosterVersion
    {
        guard item != stored?.item else { return try state().version }
        let before = stored?.item.asClientsSee
        let after = item.asClientsSee
        let version: RosterVersion
        if before == after, let state = try storedState() {
            version = state.version
        } else {
            version = try nextVersion(at: now)
        }
        try write(item, version: before == after ? stored?.version ?? version : version)
        if after != nil {
            try session.execute(
                "DELETE FROM roster_removal WHERE owner = ?1 AND contact = ?2", owner,
                .text(item.contact.text))
        } else if before != nil {
            try noteRemoval(of: item.contact, version: version)
        }
        return version
    }

    /// Removes an item and returns the roster's version after it.
    func remove(_ stored: StoredItem?, at now: Timestamp) throws(StorageError) -> RosterVersion {
        guard let stored else { return try state().version }
        try session.execute(
            "DELETE FROM roster_item WHERE owner = ?1 AND contact = ?2", owner,
            .text(stored.item.contact.text))
        guard stored.item.isListed else { return try state().version }
        let version = try nextVersion(at: now)
        try noteRemoval(of: stored.item.contact, version: version)
        return version
    }

    /// What clients lack that know a version, oldest change first.
    func changes(since version: RosterVersion) throws(StorageError) -> [RosterChange] {
        let changed = try session.query(
            """
            SELECT contact, name, group_names, subscription, is_asking, pending_request,
                is_approved, is_listed, version
            FROM roster_item WHERE owner = ?1 AND version > ?2 AND is_listed = 1
            """,
            owner, .integer(version.number)
        ) { (row) throws(StorageError) in
            let stored = try storedItem(row)
            return RosterChange(
                contact: stored.item.contact, item: stored.item, version: stored.version)
        }
        let removed = try session.query(
            "SELECT contact, version FROM roster_removal WHERE owner = ?1 AND version > ?2",
            owner, .integer(version.number)
        ) { (row) throws(StorageError) in
            RosterChange(
                contact: try contact(row), item: nil,
                version: RosterVersion(number: try row.integer(1)))
        }
        return (changed + removed).sorted { $0.version < $1.version }
    }

    private func storedState() throws(StorageError) -> State? {
        try session.first("SELECT version, changes_from FROM roster WHERE owner = ?1", owner) {
            (row) throws(StorageError) in
            State(
                version: RosterVersion(number: try row.integer(0)),
                changesFrom: RosterVersion(number: try row.integer(1)))
        }
    }

    /// Counts the roster's version up.
    ///
    /// A new roster begins at the time of day, so that it does not repeat versions of a removed
    /// one.
    private func nextVersion(at now: Timestamp) throws(StorageError) -> RosterVersion {
        RosterVersion(
            number: try session.number(
                """
                INSERT INTO roster (owner, version, changes_from) VALUES (?1, ?2, ?2)
                ON CONFLICT (owner) DO UPDATE SET version = roster.version + 1
                RETURNING version
                """,
                owner, .integer(max(now.milliseconds, 1))))
    }

    private func write(_ item: RosterItem, version: RosterVersion) throws(StorageError) {
        try session.execute(
            """
            INSERT INTO roster_item (owner, contact, name, group_names, subscription, is_asking,
                pending_request, is_approved, is_listed, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (owner, contact) DO UPDATE SET
                name = excluded.name, group_names = excluded.group_names,
                subscription = excluded.subscription, is_asking = excluded.is_asking,
                pending_request = excluded.pending_request, is_approved = excluded.is_approved,
                is_listed = excluded.is_listed, version = excluded.version
            """,
            owner, .text(item.contact.text), .optional(item.name),
            .text(try GroupNames.encode(item.groups)), .text(item.subscription.rawValue),
            .flag(item.isAsking), .optional(item.pendingRequest), .flag(item.isApproved),
            .flag(item.isListed), .integer(version.number))
    }

    /// Remembers a removal; forgets the older half when there are too many.
    private func noteRemoval(of contact: BareJID, version: RosterVersion) throws(StorageError) {
        try session.execute(
            """
            INSERT INTO roster_removal (owner, contact, version) VALUES (?1, ?2, ?3)
            ON CONFLICT (owner, contact) DO UPDATE SET version = excluded.version
            """,
            owner, .text(contact.text), .integer(version.number))
        let versions = try session.query(
            "SELECT version FROM roster_removal WHERE owner = ?1 ORDER BY version DESC", owner
        ) { (row) throws(StorageError) in try row.integer(0) }
        guard versions.count > Self.removalsMax else { return }
        let newestForgotten = SQLValue.integer(versions[versions.count / 2])
        try session.execute(
            "DELETE FROM roster_removal WHERE owner = ?1 AND version <= ?2", owner,
            newestForgotten)
        try session.execute(
            "UPDATE roster SET changes_from = ?2 WHERE owner = ?1", owner, newestForgotten)
    }

    private func storedItem(_ row: any SQLRow) throws(StorageError) -> StoredItem {
        let subscription = try row.text(3)
        guard let subscription = RosterSubscription(rawValue: subscription) else {
            throw .unreadable("a roster item has the subscription \(subscription)")
        }
        let item = RosterItem(
            contact: try contact(row), name: try row.optionalText(1),
            groups: GroupNames.decode(try row.text(2)), subscription: subscription,
            isAsking: try row.flag(4), pendingRequest: try row.optionalBlob(5),
            isApproved: try row.flag(6), isListed: try row.flag(7))
        return StoredItem(item: item, version: RosterVersion(number: try row.integer(8)))
    }

    private func contact(_ row: any SQLRow) throws(StorageError) -> BareJID {
        let text = try row.text(0)
        guard let contact = BareJID(text) else {
            throw .unreadable("a roster has the contact \(text)")
        }
        return contact
    }
}

extension RosterItem {
    /// The item as it is pushed, without the request that only the server sees; `nil` if unlisted.
    fileprivate var asClientsSee: RosterItem? {
        guard isListed else { return nil }
        var view = self
        view.pendingRequest = nil
        return view
    }
}

/// The groups of a roster item in one column, parted by U+001F, which XML does not allow.
enum GroupNames {
    private static let separator: Unicode.Scalar = "\u{1F}"

    static func encode(_ groups: [String]) throws(StorageError) -> String {
        for group in groups where group.isEmpty || group.unicodeScalars.contains(separator) {
            throw .constraint("a roster group is empty or holds a control character")
        }
        return groups.joined(separator: String(separator))
    }

    static func decode(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: separator).map { String($0) }
    }
}
