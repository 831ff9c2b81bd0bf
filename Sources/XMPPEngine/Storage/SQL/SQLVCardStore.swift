import XMPPCore

/// vCards in SQL.
struct SQLVCardStore: VCardStore {
    private let database: any SQLDatabase

    init(database: any SQLDatabase) { self.database = database }

    func vCard(of account: BareJID) async throws(StorageError) -> [UInt8]? {
        try await database.read { (session) throws(StorageError) in
            try session.first("SELECT content FROM vcard WHERE owner = ?1", .text(account.text)) {
                (row) throws(StorageError) in try row.blob(0)
            }
        }
    }

    func storeVCard(_ content: [UInt8], of account: BareJID) async throws(StorageError) {
        _ = try await database.write { (session) throws(StorageError) in
            try session.execute(
                """
                INSERT INTO vcard (owner, content) VALUES (?1, ?2)
                ON CONFLICT (owner) DO UPDATE SET content = excluded.content
                """,
                .text(account.text), .blob(content))
        }
    }

    func removeVCard(of account: BareJID) async throws(StorageError) -> Bool {
        try await database.write { (session) throws(StorageError) in
            try session.execute("DELETE FROM vcard WHERE owner = ?1", .text(account.text)) == 1
        }
    }
}
