import XMPPConfig
import XMPPEngine
import XMPPStorage

extension BuiltInPages {
    static let overview = ConsolePage(
        "overview", "Overview", "How the server is at this moment.", in: .overview,
        scope: .reach, refreshSeconds: 5, icon: .overview
    ) { request in
        let hosts = request.reachableHosts
        let counts = SessionCounts(hosts)
        var sections: [ConsoleSection] = [
            .figures(try await peopleFigures(counts, hosts) + processFigures(request))
        ]
        if request.administrator.reach == .server {
            let observatory = request.server.environment.observatory
            sections += charts(of: observatory.history).map { .chart($0) }
            sections.append(.table(alarmTable(observatory.alarms)))
        }
        sections.append(.table(counts.table))
        if request.administrator.reach == .server {
            sections.append(.table(await listenerTable(request.server, isSummary: true)))
        }
        return ConsoleContent(sections)
    }

    private static func peopleFigures(
        _ counts: SessionCounts, _ hosts: [VirtualHost]
    ) async throws -> [ConsoleFigure] {
        var accounts = 0
        for host in hosts { accounts += try await host.stores.accounts.count(on: host.jid) }
        return [
            ConsoleFigure(
                "Sessions", .number(counts.total), note: "\(counts.available) available",
                link: ConsoleLink("sessions")),
            ConsoleFigure(
                "Accounts", .number(accounts),
                note: hosts.count == 1 ? "on \(hosts[0].domain)" : "on \(hosts.count) hosts",
                link: ConsoleLink("accounts")),
        ]
    }

    private static func alarmFigure(_ alarms: Alarms) -> ConsoleFigure {
        let raised = alarms.raised
        let isCritical = raised.contains { $0.severity == .critical }
        return ConsoleFigure(
            "Alarms", .number(raised.count), note: raised.last?.name ?? "all is well",
            tone: raised.isEmpty ? .good : isCritical ? .bad : .warning)
    }

    private static func processFigures(_ request: ConsoleRequest) -> [ConsoleFigure] {
        guard request.administrator.reach == .server else { return [] }
        let sample = ProcessSample.now()
        let totals = request.server.environment.observatory.statistics.totals()
        let environment = request.server.environment
        let uptime = environment.startedAt.duration(to: .now)
        let busy = sample.processorTime / .seconds(1)
        let share = busy / max(uptime / .seconds(1), 1) * 100
        return [
            alarmFigure(request.server.environment.observatory.alarms),
            ConsoleFigure(
                "Memory", .bytes(sample.residentBytes), note: "resident"),
            ConsoleFigure(
                "Uptime", .duration(uptime), note: "Martlet \(environment.version)"),
            ConsoleFigure(
                "Processor", .text(Words.decimal(share) + "\u{A0}%"),
                note: "of one, since the start"),
            ConsoleFigure(
                "HTTP connections", .number(totals[.httpConnections]),
                note: "\(Words.number(heldRequests(totals))) held"),
            ConsoleFigure(
                "Open files", .number(sample.openFiles),
                note: "of \(Words.number(sample.openFilesMax))",
                tone: sample.openFiles * 10 > sample.openFilesMax * 9 ? .bad : .plain),
        ]
    }
}

/// Requests that wait for their answer, but for the one that asks.
private func heldRequests(_ totals: CounterTotals) -> Int { max(0, totals[.httpHolds] - 1) }

/// How many sessions there are, by host and transport.
struct SessionCounts {
    private(set) var total = 0
    private(set) var available = 0
    private var rows: [(host: String, counts: [TransportKind: Int])] = []

    init(_ hosts: [VirtualHost]) {
        for host in hosts {
            var counts: [TransportKind: Int] = [:]
            for resource in host.sessions.all {
                counts[resource.session.kind, default: 0] += 1
                total += 1
                if resource.isAvailable { available += 1 }
            }
            rows.append((host.domain, counts))
        }
    }

    /// A line for each host.
    var table: ConsoleTable {
        ConsoleTable(
            "transports", "Sessions by transport",
            columns: [ConsoleColumn("Host")]
                + TransportKind.allCases.map { ConsoleColumn($0.title, isNumeric: true) }
                + [ConsoleColumn("Total", isNumeric: true)],
            rows: rows.map { row in
                ConsoleRow(
                    [.text(row.host)]
                        + TransportKind.allCases.map { .number(row.counts[$0] ?? 0) }
                        + [.number(row.counts.values.reduce(0, +))])
            })
    }
}

extension TransportKind {
    /// As people call it.
    var title: String {
        switch self {
        case .tcp: "TCP"
        case .bosh: "BOSH"
        case .webSocket: "WebSocket"
        case .polling: "Polling"
        }
    }
}

extension ConsoleRequest {
    /// The served hosts that the administrator reaches.
    var reachableHosts: [VirtualHost] {
        server.hosts.all.filter { administrator.reaches(host: $0.domain) }
    }
}
