/// The tables of all stores.
package enum Schema {
    /// Every step from an empty database to what the stores expect.
    package static let migrations: [SchemaMigration] = [
        SchemaMigration(version: 1, name: "accounts, rosters and what waits for them") { words in
            accountTables(words) + rosterTables(words) + offlineTables(words)
                + profileTables(words)
        },
        SchemaMigration(version: 2, name: "access tokens", statements: tokenTables),
        SchemaMigration(version: 3, name: "uploaded files", statements: uploadTables),
    ]

    /// Tables with a column `owner`, the bare address of an account.
    ///
    /// Removing an account empties them of it; rows that depend on these follow by foreign keys.
    static let ownedTables = [
        "roster", "offline_message", "private_element", "vcard", "last_activity", "api_token",
    ]

    private static func accountTables(_ words: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE account (
                host \(words.text) NOT NULL, localpart \(words.text) NOT NULL,
                credentials \(words.text) NOT NULL, created_at BIGINT NOT NULL,
                disabled_at BIGINT,
                PRIMARY KEY (host, localpart))\(words.keptInKeyOrder)
            """,
            "CREATE TABLE account_count (host \(words.text) PRIMARY KEY, accounts BIGINT NOT NULL)",
        ]
    }

    /// Clients that know a version from `changes_from` on can be told the difference.
    private static func rosterTables(_ words: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE roster (
                owner \(words.text) PRIMARY KEY, version BIGINT NOT NULL,
                changes_from BIGINT NOT NULL)
            """,
            """
            CREATE TABLE roster_item (
                owner \(words.text) NOT NULL REFERENCES roster (owner) ON DELETE CASCADE,
                contact \(words.text) NOT NULL, name \(words.text),
                group_names \(words.text) NOT NULL, subscription \(words.text) NOT NULL,
                is_asking BIGINT NOT NULL, pending_request \(words.blob),
                is_approved BIGINT NOT NULL, is_listed BIGINT NOT NULL, version BIGINT NOT NULL,
                PRIMARY KEY (owner, contact))\(words.keptInKeyOrder)
            """,
            """
            CREATE TABLE roster_removal (
                owner \(words.text) NOT NULL REFERENCES roster (owner) ON DELETE CASCADE,
                contact \(words.text) NOT NULL, version BIGINT NOT NULL,
                PRIMARY KEY (owner, contact))\(words.keptInKeyOrder)
            """,
        ]
    }

    private static func offlineTables(_ words: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE offline_message (
                id \(words.countingKey), owner \(words.text) NOT NULL, stored_at BIGINT NOT NULL,
                expires_at BIGINT, stanza \(words.blob) NOT NULL)
            """,
            "CREATE INDEX offline_message_of_owner ON offline_message (owner, id)",
            "CREATE INDEX offline_message_by_age ON offline_message (stored_at)",
            """
            CREATE INDEX offline_message_by_expiry ON offline_message (expires_at)
                WHERE expires_at IS NOT NULL
            """,
        ]
    }

    @Sendable private static func tokenTables(_ words: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE api_token (
                id \(words.text) PRIMARY KEY, digest \(words.blob) NOT NULL UNIQUE,
                owner \(words.text) NOT NULL, scopes \(words.text) NOT NULL,
                created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)
            """,
            "CREATE INDEX api_token_of_owner ON api_token (owner)",
            "CREATE INDEX api_token_by_expiry ON api_token (expires_at)",
        ]
    }

    private static func profileTables(_ words: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE private_element (
                owner \(words.text) NOT NULL, namespace \(words.text) NOT NULL,
                name \(words.text) NOT NULL, content \(words.blob) NOT NULL,
                PRIMARY KEY (owner, namespace, name))
            """,
            "CREATE TABLE vcard (owner \(words.text) PRIMARY KEY, content \(words.blob) NOT NULL)",
            """
            CREATE TABLE last_activity (
                owner \(words.text) PRIMARY KEY, left_at BIGINT NOT NULL,
                status \(words.text) NOT NULL)
            """,
        ]
    }
}
