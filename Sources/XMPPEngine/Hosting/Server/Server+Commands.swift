import ControlProtocol
import XMPPCore
import XMPPStorage

/// The commands of the server itself.
extension Server {
    /// Registers them.
    ///
    /// - Parameters:
    ///   - reload: Reads the configuration again and applies it.
    ///   - drain: Asks for the orderly end.
    package func registerCommands(
        reload: @escaping @Sendable () async throws -> String, drain: @escaping @Sendable () -> Void
    ) {
        let all: [Command] =
            [status, register, unregister, changePassword, connectedUsers, registeredUsers]
            + [.stop(drain: drain), .reloadConfiguration(reload: reload)]
            + (root.map { [.supervisor($0)] } ?? []) + observationCommands
        for command in all { _ = commands.register(command) }
    }

    private var status: Command {
        Command("status", "Says how the server is.", tag: .server, result: .text) {
            [self] _ throws(CommandError) in
            let uptime = environment.startedAt.duration(to: .now).components.seconds
            let sessions = hosts.all.reduce(0) { $0 + $1.sessions.count }
            let process = ProcessSample.now()
            return .text(
                """
                Martlet \(environment.version) is running.
                Uptime: \(uptime) s
                Hosts: \(hosts.all.map(\.domain).joined(separator: ", "))
                Sessions: \(sessions)
                Memory: \(process.residentBytes / 1024) KiB
                """)
        }
    }

    private static let user = CommandArgument("user", .string, "The name, before the @.")
    private static let host = CommandArgument("host", .host, "The served domain.")

    private func served(_ arguments: CommandArguments) throws(CommandError) -> VirtualHost {
        let name = try arguments.host("host")
        guard let host = hosts[name.domainpart] else {
            throw CommandError(.notFound, "\(name) is not a served host")
        }
        return host
    }

    private func service(_ arguments: CommandArguments) throws(CommandError) -> AccountService {
        AccountService(try served(arguments))
    }

    private func account(_ arguments: CommandArguments) throws(CommandError) -> BareJID {
        let user = arguments.string("user")
        guard let jid = BareJID(localpart: user, domainpart: try arguments.host("host").text)
        else {
            throw CommandError(.badArguments, "\(user) is not a name that an account can have")
        }
        return jid
    }

    private static func result(
        _ outcome: AccountService.Outcome, _ done: String
    ) throws(CommandError) -> CommandResult {
        switch outcome {
        case .done: return .code(0, done)
        case .exists: throw CommandError(.conflict, "the account exists already")
        case .notFound: throw CommandError(.notFound, "there is no such account")
        case .unusable(let reason): throw CommandError(.badArguments, reason)
        }
    }

    private static func attempt(
        _ work: () async throws -> AccountService.Outcome
    ) async throws(CommandError) -> AccountService.Outcome {
        do {
            return try await work()
        } catch {
            throw CommandError(.failed, "the account store failed: \(error)")
        }
    }

    private var register: Command {
        Command(
            "register", "Makes an account.", tag: .accounts,
            arguments: [
                Self.user, Self.host,
                CommandArgument("password", .string, "Its password.", isSecret: true),
            ]
        ) { [self] arguments throws(CommandError) in
            let service = try service(arguments)
            let outcome = try await Self.attempt {
                try await service.create(
                    arguments.string("user"), password: arguments.string("password"))
            }
            return try Self.result(outcome, "The account is there.")
        }
    }

    private var unregister: Command {
        Command(
            "unregister", "Removes an account with all it owns.", tag: .accounts,
            arguments: [Self.user, Self.host]
        ) { [self] arguments throws(CommandError) in
            let service = try service(arguments)
            let account = try account(arguments)
            let outcome = try await Self.attempt { try await service.remove(account) }
            return try Self.result(outcome, "The account is gone.")
        }
    }

    private var changePassword: Command {
        Command(
            "change_password", "Gives an account another password.", tag: .accounts,
            arguments: [
                Self.user, Self.host,
                CommandArgument("newpass", .string, "The new password.", isSecret: true),
            ]
        ) { [self] arguments throws(CommandError) in
            let service = try service(arguments)
            let account = try account(arguments)
            let outcome = try await Self.attempt {
                try await service.changePassword(
                    of: account, to: arguments.string("newpass"))
            }
            return try Self.result(outcome, "The password is changed.")
        }
    }

    private var registeredUsers: Command {
        Command(
            "registered_users", "Lists the accounts of a host.", tag: .accounts,
            arguments: [Self.host], result: .records(["user"])
        ) { [self] arguments throws(CommandError) in
            let host = try served(arguments)
            var rows: [[JSONValue]] = []
            do {
                var cursor: AccountCursor?
                repeat {
                    let page = try await host.stores.accounts.accounts(
                        on: host.jid, matching: .all, after: cursor, limit: 1000)
                    rows += page.accounts.map { [.string($0.account.localpart ?? "")] }
                    cursor = page.next
                } while cursor != nil && rows.count < 100_000
            } catch {
                throw CommandError(.failed, "the account store failed: \(error)")
            }
            return .records(columns: ["user"], rows: rows)
        }
    }

    private static let sessionColumns = ["jid", "transport", "address", "priority", "tls"]

    private var connectedUsers: Command {
        Command(
            "connected_users", "Lists the sessions of all hosts.", tag: .sessions,
            result: .records(Self.sessionColumns)
        ) { [self] _ throws(CommandError) in
            let sessions = hosts.all.flatMap(\.sessions.all)
                .sorted { $0.jid.description < $1.jid.description }
            return .records(
                columns: Self.sessionColumns,
                rows: sessions.map { resource in
                    [
                        .string(resource.jid.description), .string(resource.session.kind.rawValue),
                        .string(resource.session.peer.address),
                        .string(resource.priority.map { String($0) } ?? "-"),
                        .string(resource.session.peer.tlsSummary ?? "-"),
                    ]
                })
        }
    }
}
