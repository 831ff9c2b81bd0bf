import CSQLite
import Glibc

extension StorageError {
    static let outOfMemory = StorageError.unavailable("out of memory")

    /// What a result code of SQLite means to a caller of a store.
    ///
    /// - Parameters:
    ///   - code: Plain or extended.
    ///   - handle: Where the code comes from, for its words; `nil` when opening failed.
    init(_ code: Int32, on handle: OpaquePointer?) {
        let words = String(cString: handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
        switch code & 0xFF {
        case SQLITE_FULL:
            self = .diskFull
        case SQLITE_IOERR:
            let reason = handle.map { sqlite3_system_errno($0) }
            self =
                reason == ENOSPC || reason == EDQUOT ? .diskFull : .unavailable(words)
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_SCHEMA, SQLITE_ERROR:
            self = .corrupt(words)
        case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_MISUSE:
            self = .constraint(words)
        case SQLITE_NOMEM:
            self = .outOfMemory
        default:
            self = .unavailable(words)
        }
    }
}
