/// A database that runs SQL on threads of its own.
///
/// Statements are written in what SQLite and PostgreSQL share, with placeholders `?1`, `?2` …;
/// where they differ the ``SQLDialect`` has the word for it.
package protocol SQLDatabase: Sendable {
    var dialect: SQLDialect { get }

    /// Runs reading statements that see one state of the database.
    ///
    /// - Parameter body: Called once, on a thread where it may block.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; `.overloaded`, `.unavailable`, or `.cancelled` when the task
    ///   was cancelled before `body` began.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value

    /// Runs statements of which all or none are kept, and returns when they are.
    ///
    /// - Parameter body: Called once, on a thread where it may block; keeps every other write out.
    /// - Returns: What `body` returns.
    /// - Throws: As for reading; nothing of `body` is kept then.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value
}

/// A connection within a transaction.
package protocol SQLSession: AnyObject {
    var dialect: SQLDialect { get }

    /// Runs a statement and returns how many rows it inserted, updated or deleted.
    func execute(_ sql: String, with parameters: [SQLValue]) throws(StorageError) -> Int

    /// Runs a statement and maps each row of its answer, in order.
    func query<Value>(
        _ sql: String, with parameters: [SQLValue],
        row: (any SQLRow) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value]
}

extension SQLSession {
    /// Runs a statement and returns how many rows it inserted, updated or deleted.
    @discardableResult
    package func execute(_ sql: String, _ parameters: SQLValue...) throws(StorageError) -> Int {
        try execute(sql, with: parameters)
    }

    /// Maps each row of an answer, in order.
    package func query<Value>(
        _ sql: String, _ parameters: SQLValue...,
        row: (any SQLRow) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value] {
        try query(sql, with: parameters, row: row)
    }

    /// Maps the first row of an answer; `nil` when it has none.
    package func first<Value>(
        _ sql: String, _ parameters: SQLValue...,
        row: (any SQLRow) throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        try query(sql, with: parameters, row: row).first
    }

    /// The first column of the first row, or 0 when there is no row.
    package func number(_ sql: String, _ parameters: SQLValue...) throws(StorageError) -> Int64 {
        let rows = try query(sql, with: parameters) { (row) throws(StorageError) in
            try row.integer(0)
        }
        return rows.first ?? 0
    }
}
