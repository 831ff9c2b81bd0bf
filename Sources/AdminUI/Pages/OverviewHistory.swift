import XMPPEngine

/// The last hour, and what was wrong in it.
extension BuiltInPages {
    private static let pointsOfAnHour = 360

    static func charts(of history: History) -> [ConsoleChart] {
        let points = history.points()
        func series(_ name: String, _ value: (HistoryPoint) -> Double) -> ConsoleChart.Series {
            let missing = [Double?](repeating: nil, count: max(0, pointsOfAnHour - points.count))
            return ConsoleChart.Series(name, missing + points.map { value($0) })
        }
        func chart(
            _ id: String, _ title: String, _ unit: ConsoleChart.Unit,
            _ series: [ConsoleChart.Series]
        ) -> ConsoleChart {
            ConsoleChart(
                id, title, unit: unit, stepSeconds: Int(History.interval.components.seconds),
                series: series)
        }
        return [
            chart(
                "sessions", "Sessions", .count,
                transports(in: points).map { transport in
                    series(transport.title) { Double($0.sessions[Int(transport.rawValue)]) }
                }),
            chart(
                "stanzas", "Stanzas", .perSecond,
                [
                    series("in", \.stanzasInPerSecond), series("out", \.stanzasOutPerSecond),
                ]),
            chart("memory", "Memory", .bytes, [series("resident") { Double($0.residentBytes) }]),
            chart(
                "requests", "HTTP requests", .perSecond,
                [series("answered", \.httpRequestsPerSecond)]),
        ]
    }

    /// The transports that were used most, at least TCP.
    private static func transports(in points: [HistoryPoint]) -> [TransportClass] {
        let used = TransportClass.allCases.map { transport in
            (transport, points.map { $0.sessions[Int(transport.rawValue)] }.max() ?? 0)
        }
        let most = used.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }.prefix(4).map(\.0)
        return most.isEmpty ? [.tcp] : most.sorted { $0.rawValue < $1.rawValue }
    }

    static func alarmTable(_ alarms: Alarms) -> ConsoleTable {
        let raised = alarms.raised
        return ConsoleTable(
            "alarms", "Alarms",
            columns: ["Alarm", "State", "Since", "Cleared"].map { ConsoleColumn($0) },
            rows: (raised + alarms.cleared.prefix(10)).map { alarm in
                let isOver = alarm.clearedAt != nil
                let tone: ConsoleTone = alarm.severity == .critical ? .bad : .warning
                return ConsoleRow(
                    [
                        .noted(.text(alarm.name), alarm.text),
                        isOver
                            ? .badge("cleared", .plain) : .badge(alarm.severity.rawValue, tone),
                        .moment(alarm.raisedAt), alarm.clearedAt.map { .moment($0) } ?? .nothing,
                    ], tone: isOver ? .plain : tone)
            },
            note: raised.isEmpty ? "" : "\(raised.count) raised",
            empty: "No alarm is raised, and none was.")
    }
}

extension TransportClass {
    /// As people call it.
    var title: String {
        switch self {
        case .tcp: "TCP unencrypted"
        case .tls: "TCP with TLS"
        case .bosh: "BOSH"
        case .webSocket: "WebSocket"
        case .polling: "Polling"
        case .component: "Components"
        case .server: "Servers"
        }
    }
}
