import XMPPCore
import XMPPEngine
import XMPPStorage

extension BuiltInPages {
    private static let accountsOnPage = 50

    static let accounts = ConsolePage(
        "accounts", "Accounts", "Who may sign in, and who is here.", in: .people, scope: .host,
        icon: .accounts
    ) { request in
        guard let host = request.host else { return ConsoleContent([]) }
        let text = request["q"]
        let isAnywhere = request["in"] == "any"
        let filter: AccountFilter =
            text.isEmpty ? .all : isAnywhere ? .containing(text) : .prefix(text)
        let trail = PageTrail(request, keeping: ["q", "in"])
        let cursor = trail.after.isEmpty ? nil : AccountCursor(localpart: trail.after)
        let page = try await host.stores.accounts.accounts(
            on: host.jid, matching: filter, after: cursor, limit: accountsOnPage)
        let count = try await host.stores.accounts.count(on: host.jid)
        var table = ConsoleTable(
            "accounts",
            columns: ["Account", "State", "Sessions", "Last seen", "Registered"].map {
                ConsoleColumn($0, isNumeric: $0 == "Sessions")
            },
            rows: try await rows(page.accounts, on: host),
            filters: [
                .text("q", "Name", example: "juliet"),
                .choice(
                    "in", "Match",
                    [
                        ConsoleParameter("begins with", ""),
                        ConsoleParameter("contains", "any"),
                    ]),
            ])
        table.note = note(count: count, text, isAnywhere: isAnywhere, page)
        table.empty = text.isEmpty ? "No accounts yet." : "No account matches on this page."
        table.first = trail.first
        table.previous = trail.previous
        table.next = page.next.map { trail.next(after: $0.localpart) }
        let new = ConsoleAction(
            "New account", "register", [ConsoleParameter("host", host.domain)], tone: .good)
        return ConsoleContent(actions: [new], [.table(table)])
    }

    /// A page of a search for contained text looks at a bounded number of accounts.
    private static func note(
        count: Int, _ text: String, isAnywhere: Bool, _ page: AccountPage
    ) -> String {
        let all = "\(Words.number(count)) \(count == 1 ? "account" : "accounts")"
        guard !text.isEmpty else { return all }
        let among = "Matches among \(all)"
        guard isAnywhere, page.next != nil else { return among }
        return among + "; each page of this search looks at 20\u{202F}000 of them at most,"
            + " so it may show few or none and still have a next one"
    }

    private static func rows(
        _ accounts: [AccountSummary], on host: VirtualHost
    ) async throws -> [ConsoleRow] {
        var rows: [ConsoleRow] = []
        for summary in accounts {
            let sessions = host.sessions.sessions(of: summary.account).count
            let last =
                sessions > 0
                ? nil : try await host.stores.lastActivity.lastActivity(of: summary.account)
            rows.append(row(summary, sessions: sessions, last: last?.leftAt))
        }
        return rows
    }

    private static func row(
        _ summary: AccountSummary, sessions: Int, last: Timestamp?
    ) -> ConsoleRow {
        let account = summary.account
        let link = ConsoleLink("account", [ConsoleParameter("jid", account.text)])
        return ConsoleRow(
            [
                .link(account.localpart ?? "", link), state(summary.disabledAt),
                sessions == 0 ? .nothing : .number(sessions),
                sessions > 0 ? .text("now") : last.map { .moment($0) } ?? .nothing,
                .moment(summary.createdAt),
            ],
            actions: actions(on: account, isDisabled: summary.disabledAt != nil),
            tone: summary.disabledAt == nil ? .plain : .warning)
    }

    static func state(_ disabledAt: Timestamp?) -> ConsoleCell {
        disabledAt == nil ? .badge("Active", .good) : .badge("Disabled", .warning)
    }

    /// What can be done with an account.
    static func actions(
        on account: BareJID, isDisabled: Bool, next: ConsoleLink? = nil
    ) -> [ConsoleAction] {
        let name = [
            ConsoleParameter("user", account.localpart ?? ""),
            ConsoleParameter("host", account.domainpart),
        ]
        return [
            ConsoleAction("Password", "change_password", name),
            isDisabled
                ? ConsoleAction("Enable", "unban_account", name)
                : ConsoleAction(
                    "Disable", "ban_account", name, tone: .warning, asking: "Disable \(account)?"),
            ConsoleAction(
                "Delete", "unregister", name, tone: .bad, asking: "Delete \(account)?", next: next),
        ]
    }
}
