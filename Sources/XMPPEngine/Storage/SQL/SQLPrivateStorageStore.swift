import XMPPCore

/// Private storage in SQL.
struct SQLPrivateStorageStore: PrivateStorageStore {
    private let database: any SQLDatabase

    init(database: any SQLDatabase) { self.database = database }

    func store(_ elements: [PrivateElement], of account: BareJID, elementsMax: Int)
        async throws(StorageError) -> Bool
    {
        try await database.write { (session) throws(StorageError) in
            var kept = Set(
                try session.query(
                    "SELECT namespace, name FROM private_element WHERE owner = ?1",
                    .text(account.text)
                ) { (row) throws(StorageError) in
                    Key(namespace: try row.text(0), name: try row.text(1))
                })
            let before = kept.count
            for element in elements {
                kept.insert(Key(namespace: element.namespace, name: element.name))
            }
            guard kept.count <= max(elementsMax, before) else { return false }
            for element in elements {
                try session.execute(
                    """
                    INSERT INTO private_element (owner, namespace, name, content)
                    VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (owner, namespace, name) DO UPDATE SET content = excluded.content
                    """,
                    .text(account.text), .text(element.namespace), .text(element.name),
                    .blob(element.content))
            }
            return true
        }
    }

    func element(named name: String, in namespace: String, of account: BareJID)
        async throws(StorageError) -> [UInt8]?
    {
        try await database.read { (session) throws(StorageError) in
            try session.first(
                """
                SELECT content FROM private_element
                WHERE owner = ?1 AND namespace = ?2 AND name = ?3
                """,
                .text(account.text), .text(namespace), .text(name)
            ) { (row) throws(StorageError) in try row.blob(0) }
        }
    }

    func elements(of account: BareJID) async throws(StorageError) -> [PrivateElement] {
        try await database.read { (session) throws(StorageError) in
            try session.query(
                """
                SELECT name, namespace, content FROM private_element WHERE owner = ?1
                ORDER BY namespace, name
                """,
                .text(account.text)
            ) { (row) throws(StorageError) in
                PrivateElement(
                    name: try row.text(0), namespace: try row.text(1), content: try row.blob(2))
            }
        }
    }

    func removeElement(named name: String, in namespace: String, of account: BareJID)
        async throws(StorageError) -> Bool
    {
        try await database.write { (session) throws(StorageError) in
            try session.execute(
                """
                DELETE FROM private_element WHERE owner = ?1 AND namespace = ?2 AND name = ?3
                """,
                .text(account.text), .text(namespace), .text(name)) == 1
        }
    }

    private struct Key: Hashable {
        let namespace: String
        let name: String
    }
}
