import ControlProtocol
import XMPPConfig
import XMPPCore
import XMPPStorage

/// Commands about the access tokens of the HTTP API.
extension Server {
    var tokenCommands: [Command] { [issueToken, listTokens, revokeToken] }

    private static let issuedColumns: [CommandColumn] = [
        CommandColumn("token", summary: "shown only this once"), CommandColumn("id"),
        CommandColumn("scopes", .strings), CommandColumn("expires"),
    ]

    private var issueToken: Command {
        Command(
            "issue_token",
            "Makes an access token for an account; its text is shown only this once.",
            tag: .oauth, aliases: ["oauth_issue_token"],
            arguments: [
                CommandArgument(
                    "jid", .jid, "The account that the token acts for.",
                    example: "monitor@example.com"),
                CommandArgument(
                    "ttl", .int, "Seconds until it expires.",
                    range: 1...Int(AccessTokens.lifetimeMax.components.seconds),
                    example: "2592000"),
                CommandArgument(
                    "scopes", .strings,
                    "What it is for: commands, [tag:NAME], *, and exceptions after !.",
                    length: 1...80, countMin: 1, pattern: CommandSelection.wordPattern,
                    example: "[tag:sessions]"),
            ], result: .record(Self.issuedColumns)
        ) { [self] arguments throws(CommandError) in
            let owner = try await owner(arguments)
            let scope = try Self.scope(arguments)
            let issued = try await attempt {
                try await tokens.issue(
                    for: owner, lifetime: .seconds(arguments.int("ttl")), scope: scope)
            }
            guard let issued else {
                throw CommandError(.notAllowed, "\(owner) has its most tokens")
            }
            guard try await attempt({ try await isStillWho(arguments.caller) }) else {
                // The password was changed, or the caller's token ended, before this one was kept.
                _ = try await attempt { try await tokens.store.remove(issued.token.id, of: nil) }
                throw CommandError(.notAllowed, "the caller's access has ended")
            }
            return .record(
                columns: Self.issuedColumns,
                row: [
                    .string(issued.text), .string(issued.token.id),
                    .array(issued.token.scopes.map { .string($0) }),
                    .string(DateTime.text(issued.token.expiresAt)),
                ])
        }
    }

    /// Whether what a caller came with still opens anything.
    private func isStillWho(_ caller: CommandCaller) async throws -> Bool {
        guard let account = caller.account else { return true }
        let record = try await hosts[account.domainpart]?.loginRecord(of: account)
        guard let record, !record.isDisabled else { return false }
        if let credentials = caller.credentials { return record.credentials == credentials }
        guard let token = caller.token else { return true }
        return try await tokens.store.hasToken(token, of: account)
    }

    /// The account that a token is for: the caller's own, or any for those whom the rule
    /// `configure` lets administrate the server, unless they come with a token.
    private func owner(_ arguments: CommandArguments) async throws(CommandError) -> BareJID {
        let jid = try arguments.jid("jid")
        guard let host = hosts[jid.bare.domainpart], jid.isBare, !jid.bare.isDomain else {
            throw CommandError(.notFound, "\(jid) is no account of a served host")
        }
        let caller = arguments.caller
        guard caller.token == nil || caller.account == jid.bare else {
            throw CommandError(.notAllowed, "a token makes tokens for its own account only")
        }
        if let account = caller.account, account != jid.bare {
            let administrator = Administrator(
                account, from: IPAddress(caller.address), in: configuration)
            guard administrator.reach == .server else {
                throw CommandError(
                    .notAllowed, "only who administrates the server makes tokens for others")
            }
        }
        let exists = try await attempt { try await host.stores.accounts.exists(jid.bare) }
        guard exists else { throw CommandError(.notFound, "there is no account \(jid)") }
        return jid.bare
    }

    /// The scope asked for; a token gives no more than it has.
    private static func scope(
        _ arguments: CommandArguments
    ) throws(CommandError) -> CommandSelection {
        guard let scope = CommandSelection(arguments.strings("scopes")) else {
            throw CommandError(
                .badArguments, "scopes must be \(CommandSelection.typeName), at least one")
        }
        if let own = arguments.caller.scope, !own.includes(scope) {
            throw CommandError(.notAllowed, "the scopes go beyond those of the caller's token")
        }
        return scope
    }

    private static let listColumns: [CommandColumn] = [
        CommandColumn("id"), CommandColumn("jid"), CommandColumn("scopes", .strings),
        CommandColumn("created"), CommandColumn("expires"),
        CommandColumn("expires_in", .int, summary: "seconds; 0 when it has expired"),
    ]

    private var listTokens: Command {
        Command(
            "list_tokens", "Lists access tokens in the order of their ids, without their texts.",
            tag: .oauth, aliases: ["oauth_list_tokens"], effect: .reads,
            arguments: [
                CommandArgument(
                    "limit", .int, "Most tokens to list.", default: .int(1000), range: 1...10_000,
                    example: "100"),
                CommandArgument(
                    "after", .string, "Only ids after this one: the last of the page before.",
                    default: .string(""), length: 0...64, example: "00ff00ff00ff00ff"),
            ], result: .records(Self.listColumns)
        ) { [self] arguments throws(CommandError) in
            let caller = arguments.caller
            let owner = caller.token == nil ? nil : caller.account
            let found = try await attempt {
                try await tokens.store.tokens(
                    of: owner, after: arguments.string("after"), limit: arguments.int("limit"))
            }
            let rows = found.map { token -> [JSONValue] in
                [
                    .string(token.id), .string(token.owner.text),
                    .array(token.scopes.map { .string($0) }),
                    .string(DateTime.text(token.createdAt)),
                    .string(DateTime.text(token.expiresAt)), .int(tokens.secondsLeft(token)),
                ]
            }
            return .records(Self.listColumns, rows: rows)
        }
    }

    private var revokeToken: Command {
        Command(
            "revoke_token", "Ends an access token at once.", tag: .oauth,
            aliases: ["oauth_revoke_token"],
            arguments: [
                CommandArgument(
                    "id", .string, "The token's id, not its text.", length: 1...64,
                    example: "00ff00ff00ff00ff")
            ]
        ) { [self] arguments throws(CommandError) in
            let caller = arguments.caller
            let owner = caller.token == nil ? nil : caller.account
            let isGone = try await attempt {
                try await tokens.store.remove(arguments.string("id"), of: owner)
            }
            guard isGone else { throw CommandError(.notFound, "there is no such token") }
            return .code(0, "The token is revoked.")
        }
    }
}
