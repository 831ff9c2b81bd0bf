import CSQLite

/// Owns one `sqlite3_stmt *`, guarded by its connection's thread; `deinit` finalises it.
final class SQLiteStatement: SQLRow {
    /// Whether a query over it has not ended, so that it must not be begun anew.
    private(set) var isInUse = false
    private let pointer: OpaquePointer
    private let handle: OpaquePointer

    private init(adopting pointer: OpaquePointer, of handle: OpaquePointer) {
        self.pointer = pointer
        self.handle = handle
    }

    deinit { sqlite3_finalize(pointer) }

    static func prepare(_ sql: String, on handle: OpaquePointer) throws(StorageError)
        -> SQLiteStatement
    {
        var sql = sql
        var pointer: OpaquePointer?
        let code = sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                sqlite3_prepare_v3(
                    handle, text.baseAddress, Int32(clamping: text.count),
                    UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
            }
        }
        guard code == SQLITE_OK else { throw StorageError(code, on: handle) }
        guard let pointer else { throw .constraint("an empty statement") }
        return SQLiteStatement(adopting: pointer, of: handle)
    }

    func begin(with parameters: [SQLValue]) throws(StorageError) {
        isInUse = true
        guard sqlite3_bind_parameter_count(pointer) == parameters.count else {
            throw .constraint("a statement has other parameters than it was given")
        }
        var index: Int32 = 0
        for parameter in parameters {
            index += 1
            let code = bind(parameter, at: index)
            guard code == SQLITE_OK else { throw StorageError(code, on: handle) }
        }
    }

    /// Goes to the next row; `false` when there is none.
    func step() throws(StorageError) -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw StorageError(code, on: handle)
        }
    }

    /// Lets go of locks and parameters; the statement may be begun again.
    func end() {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
        isInUse = false
    }

    func isNull(_ column: Int) -> Bool { type(of: column) == SQLITE_NULL }

    func integer(_ column: Int) throws(StorageError) -> Int64 {
        try expect(SQLITE_INTEGER, in: column)
        return sqlite3_column_int64(pointer, Int32(clamping: column))
    }

    func text(_ column: Int) throws(StorageError) -> String {
        try expect(SQLITE_TEXT, in: column)
        let index = Int32(clamping: column)
        guard let bytes = sqlite3_column_text(pointer, index) else { throw .outOfMemory }
        let count = Int(sqlite3_column_bytes(pointer, index))
        let text = UnsafeBufferPointer(start: bytes, count: count)
        guard let valid = String(validating: text, as: UTF8.self) else {
            throw .unreadable("a text is not UTF-8")
        }
        return valid
    }

    func blob(_ column: Int) throws(StorageError) -> [UInt8] {
        try expect(SQLITE_BLOB, in: column)
        let index = Int32(clamping: column)
        // The pointer of an empty blob is null.
        guard let bytes = sqlite3_column_blob(pointer, index) else { return [] }
        let count = Int(sqlite3_column_bytes(pointer, index))
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null:
            return sqlite3_bind_null(pointer, index)
        case .integer(let number):
            return sqlite3_bind_int64(pointer, index, number)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    martlet_sqlite3_bind_text(pointer, index, $0.baseAddress, UInt64($0.count))
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes {
                martlet_sqlite3_bind_blob(pointer, index, $0.baseAddress, UInt64($0.count))
            }
        }
    }

    private func expect(_ expected: Int32, in column: Int) throws(StorageError) {
        guard type(of: column) == expected else {
            throw .unreadable("column \(column) of an answer has another type than its schema")
        }
    }

    private func type(of column: Int) -> Int32 {
        // Between rows, SQLite answers NULL.
        sqlite3_column_type(pointer, Int32(clamping: column))
    }
}
