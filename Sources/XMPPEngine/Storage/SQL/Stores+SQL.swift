extension Stores {
    /// All stores over one SQL database.
    ///
    /// - Parameters:
    ///   - database: May be closed and opened again; the stores stay good.
    ///   - now: The clock.
    package init(
        database: any SQLDatabase, now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.init(
            accounts: SQLAccountStore(database: database, now: now),
            rosters: SQLRosterStore(database: database, now: now),
            offlineMessages: SQLOfflineMessageStore(database: database, now: now),
            privateStorage: SQLPrivateStorageStore(database: database),
            vCards: SQLVCardStore(database: database),
            lastActivity: SQLLastActivityStore(database: database),
            tokens: SQLTokenStore(database: database),
            uploads: SQLUploadStore(database: database),
            accountRemoval: SQLAccountRemoval(database: database))
    }
}
