/// One row of an answer; good only within the closure that is given it.
///
/// Columns count from 0. A column of another type than asked for throws `.unreadable`.
package protocol SQLRow {
    func isNull(_ column: Int) -> Bool
    func integer(_ column: Int) throws(StorageError) -> Int64
    func text(_ column: Int) throws(StorageError) -> String
    func blob(_ column: Int) throws(StorageError) -> [UInt8]
}

extension SQLRow {
    /// An integer that counts or flags something.
    package func int(_ column: Int) throws(StorageError) -> Int { Int(try integer(column)) }

    /// Whether an integer is not 0.
    package func flag(_ column: Int) throws(StorageError) -> Bool { try integer(column) != 0 }

    /// An integer of milliseconds since 1970.
    package func moment(_ column: Int) throws(StorageError) -> Timestamp {
        Timestamp(milliseconds: try integer(column))
    }

    /// A moment, or `nil` for NULL.
    package func optionalMoment(_ column: Int) throws(StorageError) -> Timestamp? {
        isNull(column) ? nil : try moment(column)
    }

    /// A text, or `nil` for NULL.
    package func optionalText(_ column: Int) throws(StorageError) -> String? {
        isNull(column) ? nil : try text(column)
    }

    /// Bytes, or `nil` for NULL.
    package func optionalBlob(_ column: Int) throws(StorageError) -> [UInt8]? {
        isNull(column) ? nil : try blob(column)
    }
}
