import XMPPCore

/// Waiting messages in SQL.
struct SQLOfflineMessageStore: OfflineMessageStore {
    /// How many messages one step of a purge removes.
    static let purgeStep = 500

    private let database: any SQLDatabase
    private let now: @Sendable () -> Timestamp

    init(
        database: any SQLDatabase, now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.database = database
        self.now = now
    }

    func append(
        _ stanza: [UInt8], for account: BareJID, storedAt: Timestamp, expiresAt: Timestamp?,
        messagesMax: Int
    ) async throws(StorageError) -> OfflineAppend {
        try await database.write { (session) throws(StorageError) in
            guard try !hasMessages(messagesMax, for: account, in: session) else { return .full }
            let id = try session.number(
                """
                INSERT INTO offline_message (owner, stored_at, expires_at, stanza)
                VALUES (?1, ?2, ?3, ?4) RETURNING id
                """,
                .text(account.text), .moment(storedAt), .optional(expiresAt), .blob(stanza))
            return .stored(OfflineMessageID(number: id))
        }
    }

    func messages(for account: BareJID, after id: OfflineMessageID?, limit: Int)
        async throws(StorageError) -> [OfflineMessage]
    {
        let moment = now()
        return try await database.read { (session) throws(StorageError) in
            try session.query(
                """
                SELECT id, stanza, stored_at FROM offline_message
                WHERE owner = ?1 AND id > ?2 AND (expires_at IS NULL OR expires_at > ?3)
                ORDER BY id LIMIT ?4
                """,
                .text(account.text), .integer(id?.number ?? 0), .moment(moment),
                .integer(max(limit, 0))
            ) { (row) throws(StorageError) in
                OfflineMessage(
                    id: OfflineMessageID(number: try row.integer(0)), stanza: try row.blob(1),
                    storedAt: try row.moment(2))
            }
        }
    }

    func remove(upTo id: OfflineMessageID, for account: BareJID)
        async throws(StorageError) -> Int
    {
        try await database.write { (session) throws(StorageError) in
            try session.execute(
                "DELETE FROM offline_message WHERE owner = ?1 AND id <= ?2",
                .text(account.text), .integer(id.number))
        }
    }

    func count(for account: BareJID) async throws(StorageError) -> Int {
        let moment = now()
        return try await database.read { (session) throws(StorageError) in
            Int(
                try session.number(
                    """
                    SELECT count(*) FROM offline_message
                    WHERE owner = ?1 AND (expires_at IS NULL OR expires_at > ?2)
                    """,
                    .text(account.text), .moment(moment)))
        }
    }

    func removeExpired(at now: Timestamp, storedBefore oldest: Timestamp?)
        async throws(StorageError) -> Int
    {
        let expired = try await removeInSteps(
            """
            DELETE FROM offline_message WHERE id IN (
                SELECT id FROM offline_message WHERE expires_at <= ?1 LIMIT ?2)
            """, upTo: now)
        guard let oldest else { return expired }
        return expired
            + (try await removeInSteps(
                """
                DELETE FROM offline_message WHERE id IN (
                    SELECT id FROM offline_message WHERE stored_at < ?1 LIMIT ?2)
                """, upTo: oldest))
    }

    /// Whether at least so many messages wait; looks no further than that.
    private func hasMessages(_ count: Int, for account: BareJID, in session: any SQLSession)
        throws(StorageError) -> Bool
    {
        guard count > 0 else { return true }
        guard count < .max else { return false }
        return try session.number(
            "SELECT 1 FROM offline_message WHERE owner = ?1 ORDER BY id LIMIT 1 OFFSET ?2",
            .text(account.text), .integer(count - 1)) == 1
    }

    private func removeInSteps(_ sql: String, upTo moment: Timestamp)
        async throws(StorageError) -> Int
    {
        var total = 0
        while true {
            let removed = try await database.write { (session) throws(StorageError) in
                try session.execute(sql, .moment(moment), .integer(Self.purgeStep))
            }
            total += removed
            if removed < Self.purgeStep { return total }
        }
    }
}
