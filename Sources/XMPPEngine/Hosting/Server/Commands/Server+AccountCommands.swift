import ControlProtocol
import XMPPCore
import XMPPStorage

/// Commands about registered accounts.
extension Server {
    var accountCommands: [Command] {
        [
            register, unregister, changePassword, checkAccount, checkPassword, banAccount,
            unbanAccount, registeredUsers,
        ]
    }

    private static func password(_ name: String, _ summary: String) -> CommandArgument {
        CommandArgument(
            name, .string, summary, length: 1...AccountService.passwordBytesMax,
            example: "R0meo, R0meo!", isSecret: true)
    }

    private func service(_ arguments: CommandArguments) throws(CommandError) -> AccountService {
        AccountService(try served(arguments))
    }

    private static func result(
        _ outcome: AccountService.Outcome, _ done: String
    ) throws(CommandError) -> CommandResult {
        switch outcome {
        case .done: return .code(0, done)
        case .exists:
            throw CommandError(
                .conflict, "the account exists already, or an anonymous user has its name for now")
        case .notFound: throw CommandError(.notFound, "there is no such account")
        case .unusable(let reason): throw CommandError(.badArguments, reason)
        }
    }

    private var register: Command {
        Command(
            "register", "Makes an account.", tag: .accounts,
            arguments: [Self.user, Self.host, Self.password("password", "Its password.")]
        ) { [self] arguments throws(CommandError) in
            let service = try service(arguments)
            let outcome = try await attempt {
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
            let outcome = try await attempt { try await service.remove(account) }
            return try Self.result(outcome, "The account is gone.")
        }
    }

    private var changePassword: Command {
        Command(
            "change_password", "Gives an account another password.", tag: .accounts,
            arguments: [Self.user, Self.host, Self.password("newpass", "The new password.")]
        ) { [self] arguments throws(CommandError) in
            let service = try service(arguments)
            let account = try account(arguments)
            let outcome = try await attempt {
                try await service.changePassword(
                    of: account, to: arguments.string("newpass"))
            }
            return try Self.result(outcome, "The password is changed.")
        }
    }

    private var checkAccount: Command {
        Command(
            "check_account", "Says whether an account exists: 0 when it does, 1 when not.",
            tag: .accounts, effect: .reads, arguments: [Self.user, Self.host]
        ) { [self] arguments throws(CommandError) in
            let host = try served(arguments)
            let account = try account(arguments)
            let exists = try await attempt { try await host.stores.accounts.exists(account) }
            return exists ? .code(0, "The account exists.") : .code(1, "There is no such account.")
        }
    }

    private var checkPassword: Command {
        Command(
            "check_password",
            "Says whether a password opens an account: 0 when it does, 1 when not.",
            tag: .accounts, effect: .reads,
            arguments: [Self.user, Self.host, Self.password("password", "The one to try.")]
        ) { [self] arguments throws(CommandError) in
            let host = try served(arguments)
            let account = try account(arguments)
            let outcome = try await attempt {
                try await PasswordLogin(host).check(
                    account, password: arguments.string("password"))
            }
            switch outcome {
            case .accepted: return .code(0, "The password is right.")
            case .refused: return .code(1, "There is no such account, or the password is wrong.")
            case .disabled: return .code(1, "The account is disabled.")
            }
        }
    }

    private var banAccount: Command {
        Command(
            "ban_account", "Locks an account out and ends its sessions; all it owns stays.",
            tag: .accounts, arguments: [Self.user, Self.host, Self.reason]
        ) { [self] arguments throws(CommandError) in
            let service = try service(arguments)
            let account = try account(arguments)
            let outcome = try await attempt {
                try await service.setDisabled(
                    true, of: account, reason: arguments.string("reason"))
            }
            return try Self.result(outcome, "The account is disabled.")
        }
    }

    private var unbanAccount: Command {
        Command(
            "unban_account", "Lets an account in again.", tag: .accounts,
            arguments: [Self.user, Self.host]
        ) { [self] arguments throws(CommandError) in
            let service = try service(arguments)
            let account = try account(arguments)
            let outcome = try await attempt {
                try await service.setDisabled(false, of: account)
            }
            return try Self.result(outcome, "The account is enabled.")
        }
    }

    /// Most names that one call lists.
    private static let listedMax = 100_000

    private var registeredUsers: Command {
        Command(
            "registered_users", "Lists the accounts of a host in the order of their names.",
            tag: .accounts, effect: .reads,
            arguments: [
                Self.host,
                CommandArgument(
                    "limit", .int, "Most names to list.", default: .int(Self.listedMax),
                    range: 1...Self.listedMax, example: "100"),
                CommandArgument(
                    "after", .string, "Only names after this one: the last of the page before.",
                    default: .string(""), length: 0...1023, example: "juliet"),
            ], result: .records(["user"])
        ) { [self] arguments throws(CommandError) in
            let host = try served(arguments)
            let limit = arguments.int("limit")
            var names: [[JSONValue]] = []
            var cursor: AccountCursor? = AccountCursor(localpart: arguments.string("after"))
            while let from = cursor, names.count < limit {
                let page = try await attempt {
                    try await host.stores.accounts.accounts(
                        on: host.jid, matching: .all, after: from,
                        limit: min(1000, limit - names.count))
                }
                names += page.accounts.map { [.string($0.account.localpart ?? "")] }
                cursor = page.next
            }
            return .records(["user"], rows: names)
        }
    }
}
