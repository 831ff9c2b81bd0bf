import ControlProtocol
import XMPPCore
import XMPPStorage

/// The commands of the server itself: their list, and what they have in common.
extension Server {
    /// Registers them.
    ///
    /// - Parameters:
    ///   - reload: Reads the configuration again and applies it.
    ///   - check: Reads the configuration and says what it finds.
    ///   - drain: Asks for the orderly end.
    package func registerCommands(
        reload: @escaping @Sendable () async throws -> String,
        check: @escaping @Sendable () async throws -> String,
        drain: @escaping @Sendable () -> Void
    ) {
        let all: [Command] =
            [status, .stop(drain: drain), .reloadConfiguration(reload: reload)]
            + [.checkConfiguration(check: check)]
            + (root.map { [.supervisor($0)] } ?? []) + accountCommands + sessionCommands
            + statisticsCommands + observationCommands + rosterCommands + profileCommands
            + tokenCommands + banCommands
        for command in all { _ = commands.register(command) }
    }

    private var status: Command {
        Command(
            "status", "Says how the server is.", tag: .server, effect: .reads, result: .text
        ) { [self] _ throws(CommandError) in
            let process = ProcessSample.now()
            return .text(
                """
                Martlet \(environment.version) is running.
                Uptime: \(uptimeSeconds) s
                Hosts: \(hosts.all.map(\.domain).joined(separator: ", "))
                Sessions: \(sessionCount)
                Memory: \(process.residentBytes / 1024) KiB
                """)
        }
    }

    var uptimeSeconds: Int {
        Int(environment.startedAt.duration(to: .now).components.seconds)
    }

    var sessionCount: Int { hosts.all.reduce(0) { $0 + $1.sessions.count } }

    // MARK: arguments

    static let user = CommandArgument(
        "user", .user, "The account's name, before the @.", example: "juliet")
    static let host = CommandArgument(
        "host", .host, "The served domain.", example: "example.com")
    static let reason = CommandArgument(
        "reason", .string, "Told to the clients it concerns.", default: .string(""),
        length: 0...1000, example: "spam")

    /// The served host that an argument names.
    func served(
        _ arguments: CommandArguments, _ name: String = "host"
    ) throws(CommandError) -> VirtualHost {
        let domain = try arguments.host(name)
        guard let host = hosts[domain.domainpart] else {
            throw CommandError(.notFound, "\(domain) is not a served host")
        }
        return host
    }

    /// The address that `user` and `host` make.
    func account(
        _ arguments: CommandArguments, user: String = "user", host: String = "host"
    ) throws(CommandError) -> BareJID {
        let name = arguments.string(user)
        guard let jid = BareJID(localpart: name, domainpart: try arguments.host(host).text)
        else {
            throw CommandError(.badArguments, "\(name) is not a name that an account can have")
        }
        return jid
    }

    /// The host and address of an account that exists.
    func existing(
        _ arguments: CommandArguments, user: String = "user", host: String = "host"
    ) async throws(CommandError) -> (VirtualHost, BareJID) {
        let served = try served(arguments, host)
        let account = try account(arguments, user: user, host: host)
        let exists = try await attempt { () throws(StorageError) in
            try await served.stores.accounts.exists(account)
        }
        guard exists else { throw CommandError(.notFound, "there is no account \(account)") }
        return (served, account)
    }

    // MARK: failures

    /// Turns what a store throws into what a caller is told.
    func attempt<Value>(
        _ work: () async throws -> Value
    ) async throws(CommandError) -> Value {
        do {
            return try await work()
        } catch let error as CommandError {
            throw error
        } catch let error as StorageError {
            throw CommandError(error.isPassing ? .unavailable : .failed, "\(error)")
        } catch {
            throw CommandError(.failed, "\(error)")
        }
    }
}

extension StorageError {
    /// Whether the same call may well succeed later.
    fileprivate var isPassing: Bool {
        switch self {
        case .unavailable, .overloaded, .cancelled: true
        case .diskFull, .corrupt, .unreadable, .constraint, .newerSchema: false
        }
    }
}
