import XMPPCore

/// Accounts in SQL.
struct SQLAccountStore: AccountStore {
    /// How many accounts one page of a search for contained text looks at.
    static let scannedMax = 20_000

    private let database: any SQLDatabase
    private let now: @Sendable () -> Timestamp

    init(
        database: any SQLDatabase, now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.database = database
        self.now = now
    }

    func create(_ account: BareJID, credentials: String) async throws(StorageError)
        -> AccountCreation
    {
        guard let localpart = account.localpart else {
            throw .constraint("an account has a localpart")
        }
        let createdAt = now()
        return try await database.write { (session) throws(StorageError) in
            let inserted = try session.execute(
                """
                INSERT INTO account (host, localpart, credentials, created_at)
                VALUES (?1, ?2, ?3, ?4) ON CONFLICT (host, localpart) DO NOTHING
                """,
                .text(account.domainpart), .text(localpart), .text(credentials),
                .moment(createdAt))
            guard inserted == 1 else { return .conflict }
            try session.removeOwned(by: account)
            try session.execute(
                """
                INSERT INTO account_count (host, accounts) VALUES (?1, 1)
                ON CONFLICT (host) DO UPDATE SET accounts = account_count.accounts + 1
                """,
                .text(account.domainpart))
            return .created
        }
    }

    func exists(_ account: BareJID) async throws(StorageError) -> Bool {
        try await database.read { (session) throws(StorageError) in
            try session.hasAccount(account)
        }
    }

    func record(of account: BareJID) async throws(StorageError) -> AccountRecord? {
        guard let localpart = account.localpart else { return nil }
        return try await database.read { (session) throws(StorageError) in
            try session.first(
                """
                SELECT credentials, created_at, disabled_at FROM account
                WHERE host = ?1 AND localpart = ?2
                """,
                .text(account.domainpart), .text(localpart)
            ) { (row) throws(StorageError) in
                AccountRecord(
                    account: account, credentials: try row.text(0), createdAt: try row.moment(1),
                    disabledAt: try row.optionalMoment(2))
            }
        }
    }

    func replaceCredentials(of account: BareJID, with credentials: String)
        async throws(StorageError) -> Bool
    {
        guard let localpart = account.localpart else { return false }
        return try await database.write { (session) throws(StorageError) in
            try Self.removeTokens(of: account, in: session)
            return try session.execute(
                "UPDATE account SET credentials = ?3 WHERE host = ?1 AND localpart = ?2",
                .text(account.domainpart), .text(localpart), .text(credentials)) == 1
        }
    }

    func setDisabled(_ isDisabled: Bool, _ account: BareJID)
        async throws(StorageError) -> Bool
    {
        guard let localpart = account.localpart else { return false }
        let moment = now()
        return try await database.write { (session) throws(StorageError) in
            guard isDisabled else {
                return try session.execute(
                    "UPDATE account SET disabled_at = NULL WHERE host = ?1 AND localpart = ?2",
                    .text(account.domainpart), .text(localpart)) == 1
            }
            try Self.removeTokens(of: account, in: session)
            return try session.execute(
                """
                UPDATE account SET disabled_at = coalesce(disabled_at, ?3)
                WHERE host = ?1 AND localpart = ?2
                """,
                .text(account.domainpart), .text(localpart), .moment(moment)) == 1
        }
    }

    private static func removeTokens(
        of account: BareJID, in session: any SQLSession
    ) throws(StorageError) {
        try session.execute("DELETE FROM api_token WHERE owner = ?1", .text(account.text))
    }

    func delete(_ account: BareJID) async throws(StorageError) -> Bool {
        try await database.write { (session) throws(StorageError) in
            try session.removeAccountRow(of: account)
        }
    }

    func count(on host: BareJID) async throws(StorageError) -> Int {
        try await database.read { (session) throws(StorageError) in
            Int(
                try session.number(
                    "SELECT accounts FROM account_count WHERE host = ?1", .text(host.domainpart)))
        }
    }

    func accounts(
        on host: BareJID, matching filter: AccountFilter, after cursor: AccountCursor?, limit: Int
    ) async throws(StorageError) -> AccountPage {
        let listing = AccountListing(
            host: host.domainpart, after: cursor?.localpart ?? "", limit: limit)
        return try await database.read { (session) throws(StorageError) in
            try listing.page(matching: filter, in: session)
        }
    }
}
