import ControlProtocol
import Logging
import XMPPConfig

/// The commands that show what the server does, and set how much it logs.
extension Server {
    var observationCommands: [Command] { [statisticsList, alarms, getLogLevel, setLogLevel] }

    private static let figureColumns: [CommandColumn] = ["name", CommandColumn("value", .int)]

    private var statisticsList: Command {
        Command(
            "statistics", "Lists what the server has counted since its start, and what it uses.",
            tag: .statistics, effect: .reads, result: .records(Self.figureColumns)
        ) { [self] _ throws(CommandError) in
            .records(
                Self.figureColumns, rows: figures.map { [.string($0.name), .int($0.value)] })
        }
    }

    private typealias Figure = (name: String, value: Int)

    private var figures: [Figure] {
        let observatory = environment.observatory
        let totals = observatory.statistics.totals()
        let process = ProcessSample.now()
        var figures: [Figure] = [
            ("uptime_seconds", Int(observatory.uptime)),
            ("sessions", observatory.sessions.reduce(0) { $0 + $1.count }),
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

    private static let alarmColumns: [CommandColumn] = [
        "alarm", "severity", "raised", CommandColumn("cleared", isOptional: true), "text",
    ]

    private var alarms: Command {
        Command(
            "alarms", "Lists the alarms that are raised, and with `all` those that were.",
            tag: .server, effect: .reads,
            arguments: [
                CommandArgument(
                    "which", .string, "Those raised now, or all that are remembered.",
                    default: .string("raised"), choices: ["raised", "all"], example: "all")
            ], result: .records(Self.alarmColumns)
        ) { [environment] arguments throws(CommandError) in
            let alarms = environment.observatory.alarms
            let listed = alarms.raised + (arguments.string("which") == "all" ? alarms.cleared : [])
            return .records(
                Self.alarmColumns,
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
            effect: .reads, result: .string
        ) { [environment] _ throws(CommandError) in
            .string(LogLevel(environment.observatory.logs.level).rawValue)
        }
    }

    private var setLogLevel: Command {
        Command(
            "set_loglevel", "Sets how much is logged until the next reload of the configuration.",
            tag: .server,
            arguments: [
                CommandArgument(
                    "level", .string, "As the option loglevel, by name or number.",
                    choices: LogLevel.allCases.map(\.rawValue)
                        + (0...5).map { String($0) }, example: "debug")
            ]
        ) { [environment] arguments throws(CommandError) in
            guard let level = LogLevel(text: arguments.string("level")) else {
                throw CommandError(.badArguments, "there is no such level")
            }
            environment.observatory.logs.level = Logger.Level(level)
            return .code(0, "The level is \(LogLevel(Logger.Level(level)).rawValue).")
        }
    }
}
