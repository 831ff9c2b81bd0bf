extension ServerOption {
    static let storage: [any OptionDeclaration] = [defaultDatabase, sqlType, sqlDatabase]

    package static let defaultDatabase = Option<DefaultDatabase>(
        "default_db", default: .sql, scope: .server, takesEffect: .onRestart,
        "Where modules keep data. Martlet has one store; both of ejabberd's names mean it.")

    package static let sqlType = Option<SQLType>(
        "sql_type", default: .sqlite, scope: .server, takesEffect: .onRestart,
        "The database. Only `sqlite` is built in; it needs no set-up.")

    package static let sqlDatabase = Option<String?>(
        "sql_database", default: nil, scope: .server, takesEffect: .onRestart,
        "The database's name; for SQLite its file, `martlet.db` in the data directory when left"
            + " out.")
}
