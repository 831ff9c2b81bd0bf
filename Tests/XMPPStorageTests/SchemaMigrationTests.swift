import Testing

@testable import XMPPStorage

@Suite("Schema migration")
struct SchemaMigrationTests {
    private static let second = SchemaMigration(
        version: Schema.migrations.count + 1, name: "a colour"
    ) { words in
        ["ALTER TABLE vcard ADD COLUMN colour \(words.text)"]
    }

    private static let newest = Schema.migrations.count
    private static let steps = Array(1...newest)

    private func open(
        _ path: String, _ migrations: [SchemaMigration],
        then body: (SQLiteDatabase) async throws -> Void = { _ in }
    ) async throws {
        let database = SQLiteDatabase(SQLiteConfiguration(path: path), migrations: migrations)
        try await database.open()
        try await body(database)
        await database.close()
    }

    private func versions(_ database: SQLiteDatabase) async throws -> [Int] {
        try await database.read { (session) throws(StorageError) in
            try session.query("SELECT version FROM schema_migration ORDER BY version") {
                (row) throws(StorageError) in try row.int(0)
            }
        }
    }

    @Test("The steps count from 1 without gaps")
    func numbering() {
        #expect(Schema.migrations.map(\.version) == Array(1...Schema.migrations.count))
    }

    @Test("A database of version 1 goes forward with what it holds")
    func forward() async throws {
        let directory = try TestDirectory()
        let juliet = try jid("juliet@example.com")
        try await open(directory.file, Schema.migrations) { database in
            try await SQLVCardStore(database: database).storeVCard([7], of: juliet)
        }
        try await open(directory.file, Schema.migrations + [Self.second]) { database in
            #expect(try await versions(database) == Self.steps + [Self.newest + 1])
            #expect(try await SQLVCardStore(database: database).vCard(of: juliet) == [7])
            let coloured = try await database.read { (session) throws(StorageError) in
                try session.number("SELECT count(*) FROM vcard WHERE colour IS NULL")
            }
            #expect(coloured == 1)
        }
    }

    @Test("An open database of the newest schema is opened again without a step")
    func again() async throws {
        let directory = try TestDirectory()
        for _ in 0..<2 {
            try await open(directory.file, Schema.migrations) { database in
                let found = try await versions(database)
                #expect(found == Self.steps)
            }
        }
    }

    @Test("A database of a newer release is refused and left as it is")
    func newer() async throws {
        let directory = try TestDirectory()
        let both = Schema.migrations + [Self.second]
        try await open(directory.file, both)
        await #expect(throws: StorageError.newerSchema(found: Self.newest + 1, known: Self.newest))
        {
            try await open(directory.file, Schema.migrations)
        }
        try await open(directory.file, both) { database in
            let found = try await versions(database)
            #expect(found == Self.steps + [Self.newest + 1])
        }
    }

    @Test("A step that fails half way leaves nothing of itself or of those before it")
    func halfway() async throws {
        let directory = try TestDirectory()
        try await open(directory.file, Schema.migrations)
        let broken = SchemaMigration(version: Self.newest + 2, name: "broken") { _ in
            ["CREATE TABLE half (a BIGINT)", "ALTER TABLE nowhere ADD COLUMN b BIGINT"]
        }
        await #expect(throws: StorageError.self) {
            try await open(directory.file, Schema.migrations + [Self.second, broken])
        }
        try await open(directory.file, Schema.migrations) { database in
            #expect(try await versions(database) == Self.steps)
            let tables = try await database.read { (session) throws(StorageError) in
                try session.number("SELECT count(*) FROM sqlite_master WHERE name = 'half'")
            }
            #expect(tables == 0)
        }
    }
}
