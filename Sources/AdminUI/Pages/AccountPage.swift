import XMPPCore
import XMPPEngine
import XMPPStorage

extension BuiltInPages {
    private static let contactsOnPage = 200

    static let account = ConsolePage(
        "account", "Account", "One account with its sessions and contacts.", in: .people,
        scope: .reach, isInMenu: false, refreshSeconds: 10, icon: .accounts
    ) { request in
        guard let jid = BareJID(request["jid"]), jid.localpart != nil,
            request.administrator.reaches(host: jid.domainpart),
            let host = request.server.hosts[jid.domainpart],
            let record = try await host.stores.accounts.record(of: jid)
        else { throw ConsoleProblem(.notFound, "There is no such account.") }
        let roster = try await host.stores.rosters.roster(of: jid)
        let parent = ConsoleLink("accounts", [ConsoleParameter("host", host.domain)])
        return ConsoleContent(
            title: jid.text, parent: parent,
            actions: [messageAction(to: jid)]
                + actions(on: jid, isDisabled: record.isDisabled, next: parent),
            [
                .facts("", try await facts(of: record, jid, roster, on: host)),
                .table(sessionTable(of: jid, on: host)),
                .table(contactTable(of: jid, roster, request)),
            ])
    }

    private static func facts(
        of record: AccountRecord, _ jid: BareJID, _ roster: Roster, on host: VirtualHost
    ) async throws -> [ConsoleFact] {
        let sessions = host.sessions.sessions(of: jid)
        let last = try await host.stores.lastActivity.lastActivity(of: jid)
        let waiting = try await host.stores.offlineMessages.count(for: jid)
        let lastSeen = last.map { ConsoleCell.moment($0.leftAt) } ?? .text("never")
        var facts = [
            ConsoleFact("State", state(record.disabledAt)),
            ConsoleFact("Last seen", sessions.isEmpty ? lastSeen : .text("now")),
            ConsoleFact("Registered", .moment(record.createdAt)),
            ConsoleFact("Offline messages", .number(waiting)),
            ConsoleFact("Contacts", .number(roster.items.count { $0.isListed })),
        ]
        if let disabledAt = record.disabledAt {
            facts.insert(ConsoleFact("Disabled since", .moment(disabledAt)), at: 1)
        }
        if sessions.isEmpty, let status = last?.status, !status.isEmpty {
            facts.append(ConsoleFact("Last words", .text(status)))
        }
        return facts
    }

    private static func messageAction(to jid: BareJID) -> ConsoleAction {
        ConsoleAction(
            "Message", "send_message",
            [
                ConsoleParameter("type", "normal"), ConsoleParameter("from", jid.domainpart),
                ConsoleParameter("to", jid.text),
            ], asking: "A message to \(jid)")
    }

    private static func sessionTable(of jid: BareJID, on host: VirtualHost) -> ConsoleTable {
        let sessions = host.sessions.sessions(of: jid)
        let name = [
            ConsoleParameter("user", jid.localpart ?? ""), ConsoleParameter("host", jid.domainpart),
        ]
        let all = ConsoleAction(
            "Kick all", "kick_user", name, tone: .bad, asking: "End all sessions of \(jid)?")
        return ConsoleTable(
            "sessions", "Sessions", columns: sessionColumns,
            rows: sessions.map { sessionRow($0) }, empty: "Not connected.",
            actions: sessions.count > 1 ? [all] : [])
    }

    // MARK: contacts

    private static func contactTable(
        of jid: BareJID, _ roster: Roster, _ request: ConsoleRequest
    ) -> ConsoleTable {
        let contacts = roster.items.filter(\.isListed).sorted { $0.contact.text < $1.contact.text }
        var table = ConsoleTable(
            "contacts", "Contacts",
            columns: ["Address", "Name", "Groups", "Presence"].map { ConsoleColumn($0) },
            rows: contacts.prefix(contactsOnPage).map { contactRow($0, of: jid, request) },
            empty: "No contacts yet.")
        if contacts.count > contactsOnPage {
            table.note = "The first \(contactsOnPage) of \(Words.number(contacts.count)) contacts"
        }
        return table
    }

    private static func contactRow(
        _ item: RosterItem, of owner: BareJID, _ request: ConsoleRequest
    ) -> ConsoleRow {
        let contact = item.contact
        let isHere =
            contact.localpart != nil && request.administrator.reaches(host: contact.domainpart)
            && request.server.hosts[contact.domainpart] != nil
        let remove = ConsoleAction(
            "Remove", "delete_rosteritem",
            [
                ConsoleParameter("localuser", owner.localpart ?? ""),
                ConsoleParameter("localhost", owner.domainpart),
                ConsoleParameter("user", contact.localpart ?? ""),
                ConsoleParameter("host", contact.domainpart),
            ], tone: .bad, asking: "Remove \(contact) from the contacts of \(owner)?")
        return ConsoleRow(
            [
                isHere
                    ? .link(
                        contact.text,
                        ConsoleLink("account", [ConsoleParameter("jid", contact.text)]))
                    : .text(contact.text),
                item.name.map { $0.isEmpty ? .nothing : .text($0) } ?? .nothing,
                .list(item.groups.map { .badge($0, .plain) }), .text(subscription(of: item)),
            ], actions: contact.localpart == nil ? [] : [remove])
    }

    /// Who sees whom, in words.
    private static func subscription(of item: RosterItem) -> String {
        let state =
            switch item.subscription {
            case .none: "not shared"
            case .to: "seen by the account"
            case .from: "shown to the contact"
            case .both: "both ways"
            }
        return item.isAsking ? "\(state), asked" : state
    }
}
