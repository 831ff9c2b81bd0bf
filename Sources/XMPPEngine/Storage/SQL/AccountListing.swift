import XMPPCore

/// Finds one page of a host's accounts; each query begins at a key, never at an offset.
struct AccountListing: Sendable {
    private let host: String
    private let start: String
    private let limit: Int

    /// - Parameters:
    ///   - host: The prepared domain.
    ///   - start: The localpart before the first one to list; empty for the beginning.
    ///   - limit: Moved into 1 to 1000.
    init(host: String, after start: String, limit: Int) {
        self.host = host
        self.start = start
        self.limit = min(max(limit, 1), 1000)
    }

    func page(matching filter: AccountFilter, in session: any SQLSession)
        throws(StorageError) -> AccountPage
    {
        switch filter {
        case .all: try page(below: nil, in: session)
        case .prefix(let text):
            // A stored localpart never holds U+10FFFF, so it bounds all that begin with the text.
            try page(
                from: text.lowercased(), below: text.lowercased() + "\u{10FFFF}", in: session)
        case .containing(let text): try page(containing: text.lowercased(), in: session)
        }
    }

    private func page(from lower: String = "", below upper: String?, in session: any SQLSession)
        throws(StorageError) -> AccountPage
    {
        // One lower bound alone, or the search would begin at the wrong one of two.
        let goesOn = !start.utf8.lexicographicallyPrecedes(lower.utf8)
        let found = try session.query(
            """
            SELECT localpart, created_at, disabled_at FROM account
            WHERE host = ?1 AND localpart \(goesOn ? ">" : ">=") ?2 AND localpart < ?3
            ORDER BY localpart LIMIT ?4
            """,
            .text(host), .text(goesOn ? start : lower), .text(upper ?? "\u{10FFFF}"),
            .integer(limit + 1), row: summary)
        guard found.count > limit else { return AccountPage(accounts: found, next: nil) }
        let listed = Array(found.prefix(limit))
        return AccountPage(accounts: listed, next: cursor(after: listed.last))
    }

    private func page(containing text: String, in session: any SQLSession)
        throws(StorageError) -> AccountPage
    {
        let scanned = SQLAccountStore.scannedMax
        let found = try session.query(
            """
            SELECT localpart, created_at, disabled_at FROM (
                SELECT localpart, created_at, disabled_at FROM account
                WHERE host = ?1 AND localpart > ?2 ORDER BY localpart LIMIT ?3) AS scanned
            WHERE localpart LIKE ?4 ESCAPE '!' ORDER BY localpart LIMIT ?5
            """,
            .text(host), .text(start), .integer(scanned), .text("%\(escaped(text))%"),
            .integer(limit), row: summary)
        guard found.count < limit else {
            return AccountPage(accounts: found, next: cursor(after: found.last))
        }
        let lastScanned = try session.first(
            """
            SELECT localpart FROM account WHERE host = ?1 AND localpart > ?2
            ORDER BY localpart LIMIT 1 OFFSET ?3
            """,
            .text(host), .text(start), .integer(scanned - 1)
        ) { (row) throws(StorageError) in try row.text(0) }
        return AccountPage(
            accounts: found, next: lastScanned.map(AccountCursor.init(localpart:)))
    }

    private func cursor(after last: AccountSummary?) -> AccountCursor? {
        last?.account.localpart.map(AccountCursor.init(localpart:))
    }

    /// The text with the characters that mean something to `LIKE` made plain.
    private func escaped(_ text: String) -> String {
        var plain = ""
        for character in text {
            if character == "%" || character == "_" || character == "!" { plain.append("!") }
            plain.append(character)
        }
        return plain
    }

    private func summary(_ row: any SQLRow) throws(StorageError) -> AccountSummary {
        let localpart = try row.text(0)
        guard let account = BareJID(localpart: localpart, domainpart: host) else {
            throw .unreadable("the account \(localpart)@\(host) has no valid address")
        }
        return AccountSummary(
            account: account, createdAt: try row.moment(1),
            disabledAt: try row.optionalMoment(2))
    }
}
