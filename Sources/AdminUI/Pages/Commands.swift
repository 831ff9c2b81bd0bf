import XMPPEngine

extension BuiltInPages {
    static let commands = ConsolePage(
        "commands", "Commands", "Everything the server can be told to do.", in: .server,
        icon: .commands
    ) { request in
        let all = request.server.commands.all
        let tags = Set(all.map(\.tag.name)).sorted()
        let text = request["q"].lowercased()
        let chosen = request["tag"]
        let found = all.filter { command in
            (chosen.isEmpty || command.tag.name == chosen)
                && (text.isEmpty || command.name.contains(text)
                    || command.summary.lowercased().contains(text))
        }
        let table = ConsoleTable(
            "commands",
            columns: ["Command", "Does", "Group", "Arguments"].map { ConsoleColumn($0) },
            rows: found.map { command in
                ConsoleRow(
                    [
                        .code(command.name), .text(Words.plain(command.summary)),
                        .text(command.tag.name),
                        command.arguments.isEmpty
                            ? .nothing : .list(command.arguments.map { .code($0.name) }),
                    ],
                    actions: [
                        ConsoleAction(
                            "Run", command.name,
                            tone: command.name == "stop" ? .bad : .plain,
                            asking: "\(Words.title(command.name))?")
                    ])
            },
            filters: [
                .text("q", "Name or purpose", example: "password"),
                .choice(
                    "tag", "Group",
                    [ConsoleParameter("all", "")] + tags.map { ConsoleParameter($0, $0) }),
            ], note: "\(found.count) of \(all.count) commands")
        return ConsoleContent([.table(table)])
    }
}
