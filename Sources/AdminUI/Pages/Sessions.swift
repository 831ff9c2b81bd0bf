import XMPPCore
import XMPPEngine
import XMPPStorage

extension BuiltInPages {
    private static let sessionsOnPage = 100

    static let sessionColumns = ["Session", "Transport", "Address", "Presence", "Since"].map {
        ConsoleColumn($0)
    }

    static let sessions = ConsolePage(
        "sessions", "Sessions", "Who is connected now, and from where.", in: .people,
        scope: .host, refreshSeconds: 5, icon: .sessions
    ) { request in
        guard let host = request.host else { return ConsoleContent([]) }
        let all = host.sessions.all
        let trail = PageTrail(request, keeping: ["q", "by"])
        let wanted = SessionFilter(
            text: request["q"].lowercased(), transport: TransportKind(rawValue: request["by"]),
            after: trail.after)
        let (found, total) = wanted.first(sessionsOnPage + 1, of: all)
        var table = ConsoleTable(
            "sessions", columns: sessionColumns,
            rows: found.prefix(sessionsOnPage).map { sessionRow($0) },
            filters: [
                .text("q", "Address or JID", example: "juliet, 192.0.2."),
                .choice(
                    "by", "Transport",
                    [ConsoleParameter("any", "")]
                        + TransportKind.allCases.map { ConsoleParameter($0.title, $0.rawValue) }),
            ],
            empty: all.isEmpty ? "Nobody is connected." : "No session matches.")
        table.note =
            total == all.count
            ? "\(Words.number(total)) \(total == 1 ? "session" : "sessions")"
            : "\(Words.number(total)) of \(Words.number(all.count)) sessions"
        table.first = trail.first
        table.previous = trail.previous
        if found.count > sessionsOnPage, let last = found.dropLast().last {
            table.next = trail.next(after: last.jid.description)
        }
        return ConsoleContent([.table(table)])
    }

    static func sessionRow(_ resource: ClientResource) -> ConsoleRow {
        let account = resource.jid.bare
        let link = ConsoleLink("account", [ConsoleParameter("jid", account.text)])
        let peer = resource.session.peer
        let kick = ConsoleAction(
            "Kick", "kick_session",
            [
                ConsoleParameter("user", account.localpart ?? ""),
                ConsoleParameter("host", account.domainpart),
                ConsoleParameter("resource", resource.jid.resourcepart),
            ], tone: .bad, asking: "End the session \(resource.jid)?")
        let transport = ConsoleCell.badge(resource.session.kind.title, .plain)
        let isHeld = resource.heldSince != nil
        return ConsoleRow(
            [
                .noted(.link(account.text, link), resource.jid.resourcepart),
                isHeld
                    ? .noted(.badge("waiting", .warning), "for its client to come back")
                    : .noted(transport, peer.tlsSummary ?? "not encrypted"),
                .code(peer.address.isEmpty ? "local" : peer.address), presence(of: resource),
                .moment(Timestamp(milliseconds: Int64(resource.boundAt) * 1000)),
            ], actions: [kick])
    }

    private static func presence(of resource: ClientResource) -> ConsoleCell {
        let presence = resource.presence
        guard let available = presence.available else { return .badge("not available", .plain) }
        let show = available.payload.first("show", .client)?.text ?? ""
        let (word, tone): (String, ConsoleTone) =
            switch show {
            case "away": ("away", .warning)
            case "xa": ("far away", .warning)
            case "dnd": ("busy", .bad)
            case "chat": ("free to chat", .good)
            case _: ("available", .good)
            }
        return .noted(.badge(word, tone), "priority \(presence.priority)")
    }
}

/// Which sessions to list, and from where on.
struct SessionFilter {
    /// Part of the full JID or of the IP address, in lower case; empty for all.
    let text: String
    let transport: TransportKind?
    /// The full JID before the first one to list; empty for the beginning.
    let after: String

    /// The first few sessions in the order of their JIDs, and how many match in all.
    ///
    /// Looks at each session once and sorts only those to be shown.
    func first(
        _ count: Int, of sessions: [ClientResource]
    ) -> (found: [ClientResource], total: Int) {
        var kept: [(key: String, resource: ClientResource)] = []
        var total = 0
        for resource in sessions {
            if let transport, resource.session.kind != transport { continue }
            let key = resource.jid.description
            guard
                text.isEmpty || key.lowercased().contains(text)
                    || resource.session.peer.address.contains(text)
            else { continue }
            total += 1
            guard key > after else { continue }
            if kept.count == count, let last = kept.last, key >= last.key { continue }
            let place = Self.place(of: key, in: kept)
            kept.insert((key, resource), at: place)
            if kept.count > count { kept.removeLast() }
        }
        return (kept.map(\.resource), total)
    }

    private static func place(
        of key: String, in kept: [(key: String, resource: ClientResource)]
    ) -> Int {
        var low = 0
        var high = kept.count
        while low < high {
            let middle = (low + high) / 2
            if kept[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
