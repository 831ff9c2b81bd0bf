import XMPPCore

/// Removal of whole accounts in SQL.
struct SQLAccountRemoval: AccountRemoval {
    private let database: any SQLDatabase

    init(database: any SQLDatabase) { self.database = database }

    func removeEverything(of account: BareJID) async throws(StorageError) -> Bool {
        try await database.write { (session) throws(StorageError) in
            let hadAccount = try session.removeAccountRow(of: account)
            let hadBelongings = try session.removeOwned(by: account)
            try session.orphanUploads(of: account)
            return hadAccount || hadBelongings
        }
    }

    func removeLeftovers(of address: BareJID) async throws(StorageError) -> Bool {
        try await database.write { (session) throws(StorageError) in
            guard try !session.hasAccount(address) else { return false }
            try session.removeOwned(by: address)
            try session.orphanUploads(of: address)
            return true
        }
    }
}

extension SQLSession {
    /// Whether there is such an account.
    func hasAccount(_ account: BareJID) throws(StorageError) -> Bool {
        guard let localpart = account.localpart else { return false }
        return try number(
            "SELECT 1 FROM account WHERE host = ?1 AND localpart = ?2",
            .text(account.domainpart), .text(localpart)) == 1
    }

    /// Removes the account itself; `false` when there was none.
    func removeAccountRow(of account: BareJID) throws(StorageError) -> Bool {
        guard let localpart = account.localpart else { return false }
        let removed = try execute(
            "DELETE FROM account WHERE host = ?1 AND localpart = ?2",
            .text(account.domainpart), .text(localpart))
        guard removed == 1 else { return false }
        try execute(
            "UPDATE account_count SET accounts = accounts - 1 WHERE host = ?1",
            .text(account.domainpart))
        return true
    }

    /// Removes what the address owns; `false` when it owned nothing.
    @discardableResult
    func removeOwned(by account: BareJID) throws(StorageError) -> Bool {
        var removed = 0
        for table in Schema.ownedTables {
            removed += try execute("DELETE FROM \(table) WHERE owner = ?1", .text(account.text))
        }
        return removed > 0
    }
}
