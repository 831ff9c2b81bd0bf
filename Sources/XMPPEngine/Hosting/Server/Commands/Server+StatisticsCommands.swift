import ControlProtocol
import XMPPCore
import XMPPStorage

/// Commands that count.
extension Server {
    var statisticsCommands: [Command] { [stats, statsHost] }

    private static func name(_ choices: [String]) -> CommandArgument {
        CommandArgument(
            "name", .string, "What to count.", choices: choices, example: choices.first)
    }

    private var stats: Command {
        Command(
            "stats", "Tells one figure of the whole server.", tag: .statistics, effect: .reads,
            arguments: [
                Self.name(["registeredusers", "onlineusers", "uptimeseconds", "memorybytes"])
            ], result: .number
        ) { [self] arguments throws(CommandError) in
            switch arguments.string("name") {
            case "registeredusers":
                var sum = 0
                for host in hosts.all { sum += try await registered(on: host) }
                return .number(sum)
            case "onlineusers": return .number(sessionCount)
            case "uptimeseconds": return .number(uptimeSeconds)
            default: return .number(ProcessSample.now().residentBytes)
            }
        }
    }

    private var statsHost: Command {
        Command(
            "stats_host", "Tells one figure of a host.", tag: .statistics, effect: .reads,
            arguments: [Self.name(["registeredusers", "onlineusers"]), Self.host],
            result: .number
        ) { [self] arguments throws(CommandError) in
            let host = try served(arguments)
            guard arguments.string("name") == "registeredusers" else {
                return .number(host.sessions.count)
            }
            return .number(try await registered(on: host))
        }
    }

    private func registered(on host: VirtualHost) async throws(CommandError) -> Int {
        try await attempt { try await host.stores.accounts.count(on: host.jid) }
    }
}
