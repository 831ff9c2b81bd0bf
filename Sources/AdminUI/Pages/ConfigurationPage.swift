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
        let rows = OptionRows(showsAll: showsAll, text: text)
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
                    "options", "Server options", columns: OptionRows.columns,
                    rows: rows.rows(ServerOption.all, configuration.options),
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
        for name in configuration.hosts {
            guard let host = configuration.host(name) else { continue }
            sections.append(
                .table(
                    ConsoleTable(
                        "host-\(sections.count)", "Modules of \(name)",
                        columns: OptionRows.columns,
                        rows: rows.rows(of: host, request.optionsOfModules),
                        empty: "No module matches.")))
        }
        return ConsoleContent(
            actions: [
                ConsoleAction("Check the files", "check_config"),
                ConsoleAction(
                    "Reload", "reload_config", tone: .good,
                    asking: "Read the configuration again and apply it?"),
            ], sections)
    }
}

/// Options with their values, as rows.
struct OptionRows {
    /// Whether options that were not written are listed with their defaults.
    let showsAll: Bool
    /// Part of the names to list, in lower case.
    let text: String

    static let columns = ["Option", "Value", "Meaning"].map { ConsoleColumn($0) }

    func rows(
        _ options: [any OptionDeclaration], _ values: OptionValues, below prefix: String = ""
    ) -> [ConsoleRow] {
        options.compactMap { option in
            let isWritten = values.isWritten(option)
            let name = prefix.isEmpty ? option.name : "\(prefix) · \(option.name)"
            guard showsAll || isWritten, text.isEmpty || name.contains(text) else { return nil }
            let value = option.shownText(in: values)
            return ConsoleRow([
                .code(name),
                isWritten ? .code(value) : .noted(.code(value.isEmpty ? "–" : value), "default"),
                .text(option.summary),
            ])
        }
    }

    /// The modules of a host, each with its options.
    func rows(
        of host: HostConfiguration, _ declared: [String: [any OptionDeclaration]]
    ) -> [ConsoleRow] {
        host.modules.sorted { $0.key < $1.key }.flatMap { name, values -> [ConsoleRow] in
            let options = declared[name] ?? []
            let below = rows(options, values, below: name)
            guard below.isEmpty, text.isEmpty || name.contains(text) else { return below }
            return [ConsoleRow([.code(name), .text("on"), .text("with its defaults")])]
        }
    }
}

extension OptionDeclaration {
    /// The value for people to read; secrets are not shown.
    func shownText(in values: OptionValues) -> String {
        let isSecret =
            ["password", "secret", "token"].contains { name.contains($0) }
            && name != "auth_password_format"
        return isSecret && values.isWritten(self) ? "••••••" : text(in: values)
    }
}
