import ControlProtocol
import XMPPCore
import XMPPStorage

/// Commands about who is connected.
extension Server {
    var sessionCommands: [Command] {
        [
            connectedUsers, connectedUsersNumber, userSessionsInfo, userResources, getPresence,
            kickSession, kickUser,
        ]
    }

    private static let sessionColumns: [CommandColumn] = [
        "jid", "transport", "address", "priority", "tls",
    ]

    private var connectedUsers: Command {
        Command(
            "connected_users", "Lists the sessions of all hosts.", tag: .sessions,
            effect: .reads, result: .records(Self.sessionColumns)
        ) { [self] _ throws(CommandError) in
            let sessions = hosts.all.flatMap(\.sessions.all)
                .sorted { $0.jid.description < $1.jid.description }
            let rows: [[JSONValue]] = sessions.map { resource in
                [
                    .string(resource.jid.description), .string(resource.session.kind.rawValue),
                    .string(resource.session.peer.address),
                    .string(resource.priority.map { String($0) } ?? "-"),
                    .string(resource.session.peer.tlsSummary ?? "-"),
                ]
            }
            return .records(Self.sessionColumns, rows: rows)
        }
    }

    private var connectedUsersNumber: Command {
        Command(
            "connected_users_number", "Counts the sessions of all hosts.", tag: .sessions,
            effect: .reads, result: .number
        ) { [self] _ throws(CommandError) in .number(sessionCount) }
    }

    private static let infoColumns: [CommandColumn] = [
        CommandColumn("resource"), CommandColumn("transport"), CommandColumn("address"),
        CommandColumn("port", .int), CommandColumn("tls", isOptional: true),
        CommandColumn("priority", .int, isOptional: true, summary: "null while not available"),
        CommandColumn("show", isOptional: true, summary: "away, chat, dnd, xa; available or null"),
        CommandColumn("status", summary: "the text of its presence"),
        CommandColumn("uptime", .int, summary: "seconds since the session was bound"),
        CommandColumn(
            "held", .int, isOptional: true,
            summary: "seconds since its connection was lost; null while it has one"),
    ]

    private var userSessionsInfo: Command {
        Command(
            "user_sessions_info", "Lists the sessions of an account.", tag: .sessions,
            effect: .reads, arguments: [Self.user, Self.host],
            result: .records(Self.infoColumns)
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            let now = Int(Timestamp.now().milliseconds / 1000)
            let rows = host.sessions.sessions(of: account).map { resource -> [JSONValue] in
                let peer = resource.session.peer
                let presence = PresenceWords(resource)
                return [
                    .string(resource.jid.resourcepart), .string(resource.session.kind.rawValue),
                    .string(peer.address), .int(peer.port),
                    peer.tlsSummary.map { .string($0) } ?? nil,
                    resource.priority.map { .int(Int($0)) } ?? nil,
                    presence.show.map { .string($0) } ?? nil, .string(presence.status),
                    .int(max(0, now - resource.boundAt)),
                    resource.heldSince.map { .int(max(0, now - $0)) } ?? nil,
                ]
            }
            return .records(Self.infoColumns, rows: rows)
        }
    }

    private var userResources: Command {
        Command(
            "user_resources", "Lists the resources of an account's sessions.", tag: .sessions,
            effect: .reads, arguments: [Self.user, Self.host], result: .records(["resource"])
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            let names = host.sessions.sessions(of: account).map(\.jid.resourcepart).sorted()
            return .records(["resource"], rows: names.map { [.string($0)] })
        }
    }

    private static let presenceColumns: [CommandColumn] = [
        CommandColumn("jid"),
        CommandColumn("show", summary: "available, away, chat, dnd, xa, unavailable"),
        CommandColumn("status"),
    ]

    private var getPresence: Command {
        Command(
            "get_presence",
            "Tells the presence of the session with the highest priority.",
            tag: .sessions, effect: .reads, arguments: [Self.user, Self.host],
            result: .record(Self.presenceColumns)
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            let available = host.sessions.available(account)
            let best = available.max { ($0.priority ?? -128) < ($1.priority ?? -128) }
            guard let best else {
                return .record(
                    columns: Self.presenceColumns,
                    row: [.string(account.text), "unavailable", ""])
            }
            let presence = PresenceWords(best)
            return .record(
                columns: Self.presenceColumns,
                row: [
                    .string(best.jid.description), .string(presence.show ?? "unavailable"),
                    .string(presence.status),
                ])
        }
    }

    private var kickSession: Command {
        Command(
            "kick_session", "Ends one session.", tag: .sessions,
            arguments: [
                Self.user, Self.host,
                CommandArgument(
                    "resource", .string, "The session's resource.", length: 1...1023,
                    example: "balcony"),
                Self.reason,
            ]
        ) { [self] arguments throws(CommandError) in
            let host = try served(arguments)
            let account = try account(arguments)
            guard let session = host.sessions.session(account, arguments.string("resource"))
            else { throw CommandError(.notFound, "there is no such session") }
            kick([session], of: host, arguments)
            return .code(0, "The session is ended.")
        }
    }

    private var kickUser: Command {
        Command(
            "kick_user", "Ends all sessions of an account, and tells how many there were.",
            tag: .sessions, arguments: [Self.user, Self.host, Self.reason], result: .number
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            let sessions = host.sessions.sessions(of: account)
            kick(sessions, of: host, arguments)
            return .number(sessions.count)
        }
    }

    private func kick(
        _ sessions: [ClientResource], of host: VirtualHost, _ arguments: CommandArguments
    ) {
        let reason = arguments.string("reason")
        let text = reason.isEmpty ? "ended by an administrator" : reason
        for session in sessions { host.close(session, StreamError(.policyViolation, text)) }
    }
}

/// What a session's presence says, in the words of RFC 6121 §4.7.2.
private struct PresenceWords {
    /// `nil` while the session is not available.
    let show: String?
    let status: String

    init(_ resource: ClientResource) {
        guard let stanza = resource.presence.available else {
            (show, status) = (nil, "")
            return
        }
        show = stanza.payload.first("show", .client)?.text ?? "available"
        status = stanza.payload.first("status", .client)?.text ?? ""
    }
}
