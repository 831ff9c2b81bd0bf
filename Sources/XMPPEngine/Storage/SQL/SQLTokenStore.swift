import XMPPCore

/// Access tokens in SQL.
struct SQLTokenStore: TokenStore {
    private let database: any SQLDatabase

    init(database: any SQLDatabase) { self.database = database }

    func add(
        _ token: StoredToken, digest: [UInt8], ownedMax: Int
    ) async throws(StorageError) -> Bool {
        try await database.write { (session) throws(StorageError) in
            let owned = try session.number(
                "SELECT count(*) FROM api_token WHERE owner = ?1", .text(token.owner.text))
            guard owned < ownedMax else { return false }
            try session.execute(
                """
                INSERT INTO api_token (id, digest, owner, scopes, created_at, expires_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """,
                .text(token.id), .blob(digest), .text(token.owner.text),
                .text(token.scopes.joined(separator: " ")), .moment(token.createdAt),
                .moment(token.expiresAt))
            return true
        }
    }

    func token(digest: [UInt8]) async throws(StorageError) -> StoredToken? {
        try await database.read { (session) throws(StorageError) in
            try session.first(
                "SELECT \(Self.columns) FROM api_token WHERE digest = ?1", .blob(digest),
                row: Self.read)
        }
    }

    func hasToken(_ id: String, of owner: BareJID) async throws(StorageError) -> Bool {
        try await database.read { (session) throws(StorageError) in
            try session.number(
                "SELECT count(*) FROM api_token WHERE id = ?1 AND owner = ?2", .text(id),
                .text(owner.text)) > 0
        }
    }

    func tokens(
        of owner: BareJID?, after id: String?, limit: Int
    ) async throws(StorageError) -> [StoredToken] {
        try await database.read { (session) throws(StorageError) in
            try session.query(
                """
                SELECT \(Self.columns) FROM api_token
                WHERE id > ?1 AND (?2 IS NULL OR owner = ?2) ORDER BY id LIMIT ?3
                """,
                .text(id ?? ""), .optional(owner?.text), .integer(max(0, limit)), row: Self.read)
        }
    }

    func remove(_ id: String, of owner: BareJID?) async throws(StorageError) -> Bool {
        try await database.write { (session) throws(StorageError) in
            try session.execute(
                "DELETE FROM api_token WHERE id = ?1 AND (?2 IS NULL OR owner = ?2)", .text(id),
                .optional(owner?.text)) == 1
        }
    }

    func removeExpired(at now: Timestamp) async throws(StorageError) -> Int {
        try await database.write { (session) throws(StorageError) in
            try session.execute("DELETE FROM api_token WHERE expires_at <= ?1", .moment(now))
        }
    }

    private static let columns = "id, owner, scopes, created_at, expires_at"

    private static func read(_ row: any SQLRow) throws(StorageError) -> StoredToken {
        let owner = try row.text(1)
        guard let jid = BareJID(owner) else { throw .unreadable("owner of a token: \(owner)") }
        return StoredToken(
            id: try row.text(0), owner: jid,
            scopes: try row.text(2).split(separator: " ").map(String.init),
            createdAt: try row.moment(3), expiresAt: try row.moment(4))
    }
}
