extension ServerOption {
    static let storage: [any OptionDeclaration] = [
        defaultDatabase, sqlType, sqlDatabase, sqlServer, sqlPort, sqlUsername, sqlPassword,
        sqlPoolSize, sqlConnectTimeout, sqlQueryTimeout, sqlStartInterval, sqlKeepaliveInterval,
        sqlTLS, sqlTLSVerify, sqlTLSCAFile, sqlTLSCertificateFile,
    ]

    package static let defaultDatabase = Option<DefaultDatabase>(
        "default_db", default: .sql, scope: .server, takesEffect: .onRestart,
        "Where modules keep data. Martlet has one store; both of ejabberd's names mean it.")

    package static let sqlType = Option<SQLType>(
        "sql_type", default: .sqlite, scope: .server, takesEffect: .onRestart,
        "The database: `sqlite` needs no set-up, `pgsql` is PostgreSQL.")

    package static let sqlDatabase = Option<String?>(
        "sql_database", default: nil, scope: .server, takesEffect: .onRestart,
        "The database's name; for SQLite its file, `martlet.db` in the data directory when left"
            + " out.")

    package static let sqlServer = Option<String>(
        "sql_server", default: "localhost", scope: .server, takesEffect: .onRestart,
        "The machine or the socket directory of the database server.")

    package static let sqlPort = Option<Int?>(
        "sql_port", default: nil, as: .optional(.inside(1...65535)), scope: .server,
        takesEffect: .onRestart,
        "The port of the database server; the database's usual one when left out.")

    package static let sqlUsername = Option<String>(
        "sql_username", default: "martlet", scope: .server, takesEffect: .onRestart,
        "The user the server logs in to the database as.")

    package static let sqlPassword = Option<String>(
        "sql_password", default: "", scope: .server, takesEffect: .onRestart,
        "The password of that user.")

    package static let sqlPoolSize = Option<Int?>(
        "sql_pool_size", default: nil, as: .optional(.inside(1...1000)), scope: .server,
        takesEffect: .onRestart,
        "Connections to the database held open; chosen by the server when left out.")

    package static let sqlConnectTimeout = Option<Duration>(
        "sql_connect_timeout", default: .seconds(5), scope: .server, takesEffect: .onRestart,
        "How long connecting to the database may take.")

    package static let sqlQueryTimeout = Option<Duration>(
        "sql_query_timeout", default: .seconds(60), scope: .server, takesEffect: .onRestart,
        "How long one query may take.")

    package static let sqlStartInterval = Option<Duration>(
        "sql_start_interval", default: .seconds(30), scope: .server, takesEffect: .onRestart,
        "How long the server waits before it connects again after losing the database.")

    package static let sqlKeepaliveInterval = Option<Duration?>(
        "sql_keepalive_interval", default: nil, scope: .server, takesEffect: .onRestart,
        "How often an idle connection to the database is used, so that it is not dropped.")

    package static let sqlTLS = Option<Bool>(
        "sql_ssl", default: false, scope: .server, takesEffect: .onRestart,
        "Whether the connection to the database is encrypted.")

    package static let sqlTLSVerify = Option<Bool>(
        "sql_ssl_verify", default: false, scope: .server, takesEffect: .onRestart,
        "Whether the database server's certificate is checked; needs `sql_ssl_cafile`.")

    package static let sqlTLSCAFile = Option<String?>(
        "sql_ssl_cafile", default: nil, scope: .server, takesEffect: .onRestart,
        "Authorities that certificate is checked against.")

    package static let sqlTLSCertificateFile = Option<String?>(
        "sql_ssl_certfile", default: nil, scope: .server, takesEffect: .onRestart,
        "The certificate the server shows the database.")
}
