import ControlProtocol
import Logging
import XMPPConfig
import XMPPStorage

/// The commands that show what the server does, and set how much it logs.
extension Server {
    var observationCommands: [Command] { [stats, alarms, getLogLevel, setLogLevel] }

    private var stats: Command {
        Command(
            "stats", "Shows the server's chief numbers.", tag: .server,
            arguments: [
                CommandArgument(
                    "name", .string, "One number only, such as onlineusers.", default: .string(""))
            ], result: .records(["name", "value"])
        ) { [self] arguments throws(CommandError) in
            let wanted = arguments.string("name")
            let all = try await statistics()
            let rows = all.filter { wanted.isEmpty || $0.name == wanted }
            guard !rows.isEmpty else {
                let names = all.map(\.name).joined(separator: ", ")
                throw CommandError(.notFound, "there is no number \(wanted); there are \(names)")
            }
            return .records(
                columns: ["name", "value"], rows: rows.map { [.string($0.name), .int($0.value)] })
        }
    }

    private typealias Figure = (name: String, value: Int)

    /// Those that ejabberd has first, under its names.
    private func statistics() async throws(CommandError) -> [Figure] {
        let observatory = environment.observatory
        let totals = observatory.statistics.totals()
        let process = ProcessSample.now()
        var figures: [Figure] = [
            ("registeredusers", try await registeredCount()),
            ("onlineusers", observatory.sessions.reduce(0) { $0 + $1.count }),
            ("uptimeseconds", Int(observatory.uptime)),
        ]
        for (transport, count) in zip(TransportClass.allCases, observatory.sessionsByTransport)
        where transport != .component {
            figures.append(("sessions_\(transport.name)", count))
        }
        figures += [
            ("stanzas_received", totals.stanzasIn()), ("stanzas_sent", totals.stanzasOut()),
            ("bytes_received", totals.bytesIn()), ("bytes_sent", totals.bytesOut()),
            ("offline_stored", totals[.offlineStored]), ("http_requests", totals.httpResponses),
            ("http_connections", totals[.httpConnections]), ("http_held", totals[.httpHolds]),
            ("storage_commits", totals[.storageCommits]),
            ("longest_queue", observatory.queues.readings().map(\.length).max() ?? 0),
            ("restarts", supervision.restarts.values.reduce(0, +)),
            ("memory_bytes", process.residentBytes), ("open_files", process.openFiles),
            ("cpu_milliseconds", Int(process.processorTime / .milliseconds(1))),
            ("alarms", observatory.alarms.raised.count),
        ]
        return figures
    }

    private func registeredCount() async throws(CommandError) -> Int {
        var sum = 0
        do {
            for host in hosts.all { sum += try await stores.accounts.count(on: host.jid) }
        } catch {
            throw CommandError(.failed, "the account store failed: \(error)")
        }
        return sum
    }

    private static let alarmColumns = ["alarm", "severity", "raised", "cleared", "text"]

    private var alarms: Command {
        Command(
            "alarms", "Lists the alarms that are raised, and with `all` those that were.",
            tag: .server,
            arguments: [
                CommandArgument(
                    "which", .string, "raised, or all.", default: .string("raised"))
            ], result: .records(Self.alarmColumns)
        ) { [environment] arguments throws(CommandError) in
            let which = arguments.string("which")
            guard which == "raised" || which == "all" else {
                throw CommandError(.badArguments, "which is raised or all, not \(which)")
            }
            let alarms = environment.observatory.alarms
            let listed = alarms.raised + (which == "all" ? alarms.cleared : [])
            return .records(
                columns: Self.alarmColumns,
                rows: listed.map { alarm in
                    [
                        .string(alarm.name), .string(alarm.severity.rawValue),
                        .string(DateTime.text(alarm.raisedAt)),
                        alarm.clearedAt.map { .string(DateTime.text($0)) } ?? nil,
                        .string(alarm.text),
                    ]
                })
        }
    }

    private var getLogLevel: Command {
        Command(
            "get_loglevel", "Says from which level on lines are logged.", tag: .server,
            result: .string
        ) { [environment] _ throws(CommandError) in
            .string(LogLevel(environment.observatory.logs.level).rawValue)
        }
    }

    private var setLogLevel: Command {
        Command(
            "set_loglevel", "Sets how much is logged until the next reload of the configuration.",
            tag: .server,
            arguments: [CommandArgument("level", .string, "As the option loglevel.")]
        ) { [environment] arguments throws(CommandError) in
            guard let level = LogLevel(text: arguments.string("level")) else {
                let names = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandError(.badArguments, "the level must be one of \(names), or 0 to 5")
            }
            environment.observatory.logs.level = Logger.Level(level)
            return .code(0, "The level is \(LogLevel(Logger.Level(level)).rawValue).")
        }
    }
}
