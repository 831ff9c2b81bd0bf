import ControlProtocol
import XMPPCore
import XMPPStorage

/// Commands about what accounts say of themselves and receive: messages, vCards, last activity.
extension Server {
    var profileCommands: [Command] { [sendMessage, getLast, getVCard, setVCard] }

    // MARK: messages

    private var sendMessage: Command {
        Command(
            "send_message", "Sends a message in the name of an address of this server.",
            tag: .stanza,
            arguments: [
                CommandArgument(
                    "type", .string, "The message's type.",
                    choices: ["normal", "chat", "headline"], example: "chat"),
                CommandArgument(
                    "from", .jid, "In whose name: on a served host.", example: "example.com"),
                CommandArgument("to", .jid, "Who gets it.", example: "juliet@example.com"),
                CommandArgument(
                    "subject", .string, "Its subject; none when empty.", length: 0...1000,
                    example: "Maintenance", isPrivate: true),
                CommandArgument(
                    "body", .string, "Its text.", length: 1...16_384,
                    example: "The server restarts at noon.", isPrivate: true),
            ]
        ) { [self] arguments throws(CommandError) in
            let from = try arguments.jid("from")
            guard hosts[from.bare.domainpart] != nil else {
                throw CommandError(.notFound, "\(from.bare.domainpart) is not a served host")
            }
            let subject = arguments.string("subject")
            let parts = [
                subject.isEmpty ? nil : Element("subject", .client, text: subject),
                Element("body", .client, text: arguments.string("body")),
            ]
            // What the handling would make a stream wait for is done before the answer.
            let work = CollectedWork()
            router.route(
                Stanza(
                    .message, type: Self.messageType(arguments.string("type")),
                    id: SecureRandom.token(), from: from, to: try arguments.jid("to"),
                    elements: parts.compactMap { $0 }), origin: work)
            await work.finish()
            return .code(0, "The message is on its way.")
        }
    }

    private static func messageType(_ name: String) -> StanzaType {
        switch name {
        case "chat": .chat
        case "headline": .headline
        default: .normal
        }
    }

    // MARK: last activity

    private static let lastColumns: [CommandColumn] = [
        CommandColumn(
            "timestamp", isOptional: true, summary: "null for an account that never left"),
        CommandColumn("status", summary: "ONLINE, NOT FOUND, or the text it left with"),
    ]

    private var getLast: Command {
        Command(
            "get_last", "Tells when an account was last there.", tag: .last, effect: .reads,
            arguments: [Self.user, Self.host], result: .record(Self.lastColumns)
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            guard host.sessions.available(account).isEmpty else {
                return .record(
                    columns: Self.lastColumns,
                    row: [.string(DateTime.text(.now())), "ONLINE"])
            }
            let last = try await attempt {
                try await host.stores.lastActivity.lastActivity(of: account)
            }
            guard let last else {
                return .record(columns: Self.lastColumns, row: [nil, "NOT FOUND"])
            }
            return .record(
                columns: Self.lastColumns,
                row: [.string(DateTime.text(last.leftAt)), .string(last.status)])
        }
    }

    // MARK: vCards

    private static let field = CommandArgument(
        "name", .string, "The field (XEP-0054).",
        choices: [
            "BDAY", "DESC", "FN", "JABBERID", "MAILER", "NICKNAME", "NOTE", "ROLE", "TITLE", "TZ",
            "URL",
        ], example: "NICKNAME")

    private var getVCard: Command {
        Command(
            "get_vcard", "Tells one field of an account's vCard; an empty text when it has none.",
            tag: .vcard, effect: .reads, arguments: [Self.user, Self.host, Self.field],
            result: .string
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            let card = try await card(of: account, on: host)
            return .string(card.child(arguments.string("name"))?.text ?? "")
        }
    }

    private var setVCard: Command {
        Command(
            "set_vcard", "Writes one field of an account's vCard; an empty text removes it.",
            tag: .vcard,
            arguments: [
                Self.user, Self.host, Self.field,
                CommandArgument(
                    "content", .string, "What the field says.", length: 0...4096,
                    example: "Juliet Capulet", isPrivate: true),
            ]
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            var card = try await card(of: account, on: host)
            let (name, content) = (arguments.string("name"), arguments.string("content"))
            card.children.removeAll { node in
                guard case .element(let element) = node else { return false }
                return element.name == name
            }
            if !content.isEmpty { card.append(Element(name, .vcard, text: content)) }
            let bytes = Payload([card]).bytes
            try await attempt { try await host.stores.vCards.storeVCard(bytes, of: account) }
            return .code(0, "The vCard is changed.")
        }
    }

    private func card(
        of account: BareJID, on host: VirtualHost
    ) async throws(CommandError) -> Element {
        let stored = try await attempt { try await host.stores.vCards.vCard(of: account) }
        return stored.flatMap { Payload(canonical: $0)?.elements.first }
            ?? Element("vCard", .vcard)
    }
}
