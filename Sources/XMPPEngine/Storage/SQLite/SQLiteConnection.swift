import CSQLite
import Glibc

/// Owns one `sqlite3 *`, guarded by the thread that opened it; `deinit` closes it.
final class SQLiteConnection: SQLSession {
    enum Role: Equatable { case writer, reader }

    /// More kinds of statement than all stores have.
    private static let statementsMax = 200

    /// Pages that a reader keeps; the kernel has the others in its cache, a system call away.
    private static let readerCacheKibibytes = 256

    let dialect = SQLDialect.sqlite
    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]

    private init(adopting handle: OpaquePointer) { self.handle = handle }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    static func open(_ configuration: SQLiteConfiguration, as role: Role) throws(StorageError)
        -> SQLiteConnection
    {
        if role == .writer { try makePrivateFile(configuration.path) }
        var raw: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(configuration.path, &raw, flags, nil)
        guard let raw else { throw .outOfMemory }
        let connection = SQLiteConnection(adopting: raw)
        guard code == SQLITE_OK else { throw StorageError(code, on: raw) }
        guard sqlite3_db_readonly(raw, "main") == 0 else {
            throw .unavailable("\(configuration.path) is read-only")
        }
        try connection.configure(configuration, as: role)
        return connection
    }

    /// Makes a missing file, readable by its owner alone; SQLite gives its other files the same
    /// mode.
    private static func makePrivateFile(_ path: String) throws(StorageError) {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let reason = errno
            if reason == EEXIST { return }
            if reason == ENOSPC || reason == EDQUOT { throw .diskFull }
            throw .unavailable("\(path): \(String(cString: strerror(reason)))")
        }
        Glibc.close(file)
    }

    private func configure(_ configuration: SQLiteConfiguration, as role: Role)
        throws(StorageError)
    {
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, configuration.busyMilliseconds)
        let mode = try query("PRAGMA journal_mode = WAL", with: []) {
            (row) throws(StorageError) in try row.text(0)
        }
        guard mode == ["wal"] else {
            throw .unavailable("the file system cannot hold a write-ahead log")
        }
        let synchronous =
            switch configuration.durability {
            case .processCrash: "NORMAL"
            case .powerLoss: "FULL"
            }
        _ = try query("PRAGMA synchronous = \(synchronous)", with: []) { _ in }
        _ = try query("PRAGMA foreign_keys = ON", with: []) { _ in }
        _ = try query("PRAGMA trusted_schema = OFF", with: []) { _ in }
        _ = try query("PRAGMA journal_size_limit = 67108864", with: []) { _ in }
        guard role == .reader else { return }
        _ = try query("PRAGMA query_only = ON", with: []) { _ in }
        _ = try query("PRAGMA cache_size = -\(Self.readerCacheKibibytes)", with: []) { _ in }
    }

    func execute(_ sql: String, with parameters: [SQLValue]) throws(StorageError) -> Int {
        let statement = try statement(sql)
        defer { statement.end() }
        let before = sqlite3_total_changes64(handle)
        try statement.begin(with: parameters)
        while try statement.step() {}
        // A statement that changes no rows leaves the count of the one before in place.
        return sqlite3_total_changes64(handle) == before ? 0 : Int(sqlite3_changes64(handle))
    }

    func query<Value>(
        _ sql: String, with parameters: [SQLValue],
        row: (any SQLRow) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value] {
        let statement = try statement(sql)
        defer { statement.end() }
        try statement.begin(with: parameters)
        var rows: [Value] = []
        while try statement.step() { rows.append(try row(statement)) }
        return rows
    }

    /// Whether a transaction is open; some errors end it.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Fails when the file was moved or deleted, so that writes would go to no one.
    func checkFile() throws(StorageError) {
        var hasMoved: Int32 = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard code == SQLITE_OK else { throw StorageError(code, on: handle) }
        guard hasMoved == 0 else { throw .unavailable("the file was moved or deleted") }
    }

    private func statement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        if let known = statements[sql], !known.isInUse { return known }
        let prepared = try SQLiteStatement.prepare(sql, on: handle)
        if statements.count >= Self.statementsMax { statements.removeAll() }
        if statements[sql] == nil { statements[sql] = prepared }
        return prepared
    }
}
