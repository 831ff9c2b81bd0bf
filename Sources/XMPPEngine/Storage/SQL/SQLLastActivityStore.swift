import XMPPCore

/// Last activity in SQL.
struct SQLLastActivityStore: LastActivityStore {
    private let database: any SQLDatabase

    init(database: any SQLDatabase) { self.database = database }

    func lastActivity(of account: BareJID) async throws(StorageError) -> LastActivity? {
        try await database.read { (session) throws(StorageError) in
            try session.first(
                "SELECT left_at, status FROM last_activity WHERE owner = ?1", .text(account.text)
            ) { (row) throws(StorageError) in
                LastActivity(leftAt: try row.moment(0), status: try row.text(1))
            }
        }
    }

    func storeLastActivity(_ activity: LastActivity, of account: BareJID)
        async throws(StorageError)
    {
        _ = try await database.write { (session) throws(StorageError) in
            try session.execute(
                """
                INSERT INTO last_activity (owner, left_at, status) VALUES (?1, ?2, ?3)
                ON CONFLICT (owner) DO UPDATE
                SET left_at = excluded.left_at, status = excluded.status
                WHERE last_activity.left_at <= excluded.left_at
                """,
                .text(account.text), .moment(activity.leftAt), .text(activity.status))
        }
    }
}
