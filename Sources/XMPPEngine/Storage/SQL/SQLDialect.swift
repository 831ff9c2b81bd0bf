/// The words in which the databases differ.
package enum SQLDialect: Sendable {
    case sqlite
    case postgreSQL

    /// Type of a text column that sorts by its bytes.
    var text: String {
        switch self {
        case .sqlite: "TEXT"
        case .postgreSQL: "TEXT COLLATE \"C\""
        }
    }

    /// Type of a column of bytes.
    var blob: String {
        switch self {
        case .sqlite: "BLOB"
        case .postgreSQL: "BYTEA"
        }
    }

    /// Type of a primary key that counts up and never uses a number twice.
    var countingKey: String {
        switch self {
        case .sqlite: "INTEGER PRIMARY KEY AUTOINCREMENT"
        case .postgreSQL: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        }
    }

    /// What follows the columns of a table that is kept in the order of its primary key.
    var keptInKeyOrder: String {
        switch self {
        case .sqlite: " WITHOUT ROWID"
        case .postgreSQL: ""
        }
    }

    /// The statement with this database's placeholders.
    ///
    /// Statements hold no literal with a question mark.
    func placeholders(in sql: String) -> String {
        switch self {
        case .sqlite: sql
        case .postgreSQL: String(sql.map { $0 == "?" ? "$" : $0 })
        }
    }
}
