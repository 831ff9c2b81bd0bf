/// One step of the schema, from the version before it.
///
/// A step that was released is never changed; a later one follows it.
package struct SchemaMigration: Sendable {
    /// Counts from 1, without gaps.
    package let version: Int
    /// What the step is for, a few words.
    package let name: String
    let statements: @Sendable (SQLDialect) -> [String]

    /// Makes a step from its statements in a dialect.
    package init(
        version: Int, name: String, statements: @escaping @Sendable (SQLDialect) -> [String]
    ) {
        self.version = version
        self.name = name
        self.statements = statements
    }
}

/// Brings a database to the newest schema.
enum SchemaMigrator {
    /// Applies the missing steps in the session's transaction: all or none.
    ///
    /// - Parameters:
    ///   - session: In a transaction that keeps other writers out.
    ///   - migrations: All steps, by version.
    ///   - now: Noted beside each applied step.
    /// - Throws: `.newerSchema` when the database has a step that is not among `migrations`.
    static func migrate(
        _ session: any SQLSession, to migrations: [SchemaMigration], at now: Timestamp
    ) throws(StorageError) {
        let dialect = session.dialect
        try session.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migration (
                version BIGINT PRIMARY KEY, name \(dialect.text) NOT NULL,
                applied_at BIGINT NOT NULL)
            """)
        let found = Int(
            try session.number("SELECT coalesce(max(version), 0) FROM schema_migration"))
        let known = migrations.last?.version ?? 0
        guard found <= known else { throw .newerSchema(found: found, known: known) }
        for migration in migrations where migration.version > found {
            for statement in migration.statements(dialect) { try session.execute(statement) }
            try session.execute(
                "INSERT INTO schema_migration (version, name, applied_at) VALUES (?1, ?2, ?3)",
                .integer(migration.version), .text(migration.name), .moment(now))
        }
    }
}
