import XMPPConfig
import XMPPEngine

extension BuiltInPages {
    static let configuration = ConsolePage(
        "configuration", "Configuration", "What the server was told, and what it assumes.",
        in: .server, icon: .settings
    ) { request in
        let configuration = request.server.configuration
        let showsAll = request["show"] == "all"
        let text = request["q"].lowercased()
        let lines = OptionLines(showsAll: showsAll, text: text)
        var sections: [ConsoleSection] = [
            .facts(
                "",
                [
                    ConsoleFact("Files", .list(configuration.files.map { .code($0) })),
                    ConsoleFact("Hosts", .list(configuration.hosts.map { .code($0) })),
                ])
        ]
        sections.append(
            .table(
                ConsoleTable(
                    "options", "Server options", columns: OptionLine.columns,
                    rows: lines.lines(ServerOption.all, configuration.options).map(\.row),
                    filters: [
                        .text("q", "Name", example: "sql"),
                        .choice(
                            "show", "Show",
                            [
                                ConsoleParameter("written options", ""),
                                ConsoleParameter("all options", "all"),
                            ]),
                    ], empty: "Nothing is written that matches: the defaults hold.")))
        sections += AccessRows(access: configuration.access, text: text).tables.map { .table($0) }
        sections += moduleTables(request, lines).map { .table($0) }
        return ConsoleContent(
            actions: [
                ConsoleAction("Check the files", "check_config"),
                ConsoleAction(
                    "Reload", "reload_config", tone: .good,
                    asking: "Read the configuration again and apply it?"),
            ], sections)
    }

    /// A table a host; hosts with the same modules and values share theirs.
    private static func moduleTables(
        _ request: ConsoleRequest, _ lines: OptionLines
    ) -> [ConsoleTable] {
        let configuration = request.server.configuration
        var groups: [(hosts: [String], lines: [OptionLine])] = []
        for host in configuration.hosts.compactMap({ configuration.host($0) }) {
            let found = lines.lines(of: host, request.optionsOfModules)
            if let place = groups.firstIndex(where: { $0.lines == found }) {
                groups[place].hosts.append(host.host)
            } else {
                groups.append(([host.host], found))
            }
        }
        let areAlike = groups.count == 1 && configuration.hosts.count > 1
        return groups.enumerated().map { index, group in
            let names = areAlike ? "all hosts" : group.hosts.joined(separator: ", ")
            return ConsoleTable(
                "modules-\(index)", "Modules of \(names)", columns: OptionLine.columns,
                rows: group.lines.map(\.row), empty: "No module matches.")
        }
    }
}
