import ControlProtocol
import XMPPCore
import XMPPStorage

/// Commands about contacts.
extension Server {
    var rosterCommands: [Command] { [getRoster, addRosterItem, deleteRosterItem] }

    private static let localUser = CommandArgument(
        "localuser", .user, "Whose roster: the account's name.", example: "juliet")
    private static let localHost = CommandArgument(
        "localhost", .host, "Whose roster: the served domain.", example: "example.com")
    private static let contactUser = CommandArgument(
        "user", .user, "The contact's name, before the @.", example: "nurse")
    private static let contactHost = CommandArgument(
        "host", .host, "The contact's domain, served or not.", example: "example.com")

    private static let itemColumns: [CommandColumn] = [
        CommandColumn("jid"), CommandColumn("nick"),
        CommandColumn("subscription", summary: "none, to, from, both"),
        CommandColumn("ask", summary: "subscribe, or none"), CommandColumn("groups", .strings),
    ]

    private var getRoster: Command {
        Command(
            "get_roster", "Lists the contacts of an account.", tag: .roster, effect: .reads,
            arguments: [Self.user, Self.host], result: .records(Self.itemColumns)
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(arguments)
            let roster = try await attempt { try await host.stores.rosters.roster(of: account) }
            let rows = roster.items.filter(\.isListed).map { item -> [JSONValue] in
                [
                    .string(item.contact.text), .string(item.name ?? ""),
                    .string(item.subscription.rawValue),
                    .string(item.isAsking ? "subscribe" : "none"),
                    .array(item.groups.map { .string($0) }),
                ]
            }
            return .records(Self.itemColumns, rows: rows)
        }
    }

    private var addRosterItem: Command {
        Command(
            "add_rosteritem", "Puts a contact into a roster, or changes it there.", tag: .roster,
            arguments: [
                Self.localUser, Self.localHost, Self.contactUser, Self.contactHost,
                CommandArgument(
                    "nick", .string, "The name shown for the contact.", default: .string(""),
                    length: 0...255, example: "Nurse"),
                CommandArgument(
                    "groups", .strings, "The groups it is in.", default: .strings([]),
                    length: 1...255, example: "Household"),
                CommandArgument(
                    "subs", .string, "Who sees whose presence, on this side.",
                    default: .string("none"), choices: ["none", "to", "from", "both"],
                    example: "both"),
            ]
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(
                arguments, user: "localuser", host: "localhost")
            let contact = try self.account(arguments)
            guard contact != account else {
                throw CommandError(.notAllowed, "nobody is a contact of their own")
            }
            let groups = arguments.strings("groups").reduce(into: [String]()) { groups, name in
                if !groups.contains(name) { groups.append(name) }
            }
            let nick = arguments.string("nick")
            let subscription = RosterSubscription(rawValue: arguments.string("subs")) ?? .none
            let result = try await attempt {
                try await host.presence.rosters.edit(contact, of: account) { item in
                    var item = item ?? RosterItem(contact: contact)
                    item.name = nick.isEmpty ? nil : nick
                    item.groups = groups
                    item.subscription = subscription
                    item.isListed = true
                    if subscription == .to || subscription == .both { item.isAsking = false }
                    if subscription == .from || subscription == .both { item.pendingRequest = nil }
                    return .store(item)
                }
            }
            guard case .done = result else {
                throw CommandError(.notAllowed, "the roster has its most items")
            }
            return .code(0, "The contact is there.")
        }
    }

    private var deleteRosterItem: Command {
        Command(
            "delete_rosteritem",
            "Takes a contact out of a roster; subscriptions end on both sides.", tag: .roster,
            arguments: [Self.localUser, Self.localHost, Self.contactUser, Self.contactHost]
        ) { [self] arguments throws(CommandError) in
            let (host, account) = try await existing(
                arguments, user: "localuser", host: "localhost")
            let contact = try self.account(arguments)
            let result = try await attempt {
                try await host.presence.rosters.edit(contact, of: account) { item in
                    item?.isListed == true ? .remove : .keep
                }
            }
            guard case .done(let previous?, nil, _) = result else {
                throw CommandError(.notFound, "there is no such contact")
            }
            await host.presence.endSubscriptions(previous, of: account)
            return .code(0, "The contact is gone.")
        }
    }
}
