/// The reference of all options, written from their declarations.
package enum ConfigurationReference {
    /// The reference in Markdown.
    ///
    /// - Parameter schema: The modules whose options are listed too.
    /// - Returns: Sections of level two.
    package static func markdown(
        schema: ConfigurationSchema = ConfigurationSchema(modules: [])
    ) -> String {
        var sections = [structure()]
        sections.append(
            section("General", ServerOption.general)
                + section("Login", ServerOption.authentication)
                + section("Streams", ServerOption.streams)
                + section("Encryption", ServerOption.encryption)
                + section("Storage", ServerOption.storage)
                + section("HTTP API", ServerOption.api))
        sections.append(listeners())
        for module in schema.modules.values.sorted(by: { $0.name < $1.name })
        where !module.options.isEmpty {
            sections.append(
                "## Module `\(module.name)`\n\n" + table(rows(module.options, showingScope: false)))
        }
        return sections.joined()
    }

    private static func structure() -> String {
        let rows = StructuralOption.all.map { option in
            row(option.name, option.typeName, "", option.summary)
        }
        return "## Structure\n\n" + table(rows)
    }

    private static func section(
        _ title: String, _ options: [any OptionDeclaration]
    ) -> String {
        "## \(title)\n\n" + table(rows(options))
    }

    private static func listeners() -> String {
        let modules = ListenerModule.all
        let named = Dictionary(
            grouping: modules.flatMap { module in
                module.options.map { ($0.name, module.name) }
            }
        ) { $0.0 }
        let everywhere = Set(named.filter { $0.value.count == modules.count }.keys)
        var text = "## Listeners\n\n"
        text += "Every listener has `module`, `port` (a number, or `unix:` and a path) and `ip`\n"
        text +=
            "(`0.0.0.0` when left out; `::` is every address, of IPv4 too), and these options:\n\n"
        text += table(rows(modules[0].options.filter { everywhere.contains($0.name) }))
        for module in modules {
            let own = module.options.filter { !everywhere.contains($0.name) }
            text += "### `\(module.name)`\n\n\(module.summary)\n\n" + table(rows(own))
        }
        return text
    }

    private static func rows(
        _ options: [any OptionDeclaration], showingScope: Bool = true
    ) -> [String] {
        options.map { option in
            let restart = option.takesEffect == .onRestart ? " Needs a restart." : ""
            let scope = showingScope && option.scope == .host ? " Also per host." : ""
            return row(
                option.name, option.typeName, option.defaultText,
                option.summary + scope + restart)
        }
    }

    private static func row(
        _ name: String, _ type: String, _ value: String, _ summary: String
    ) -> String {
        let shown = value.isEmpty ? "" : "`\(value)`"
        return "| `\(name)` | \(type) | \(shown) | \(summary) |\n"
    }

    private static func table(_ rows: [String]) -> String {
        "| Option | Value | Default | Meaning |\n|---|---|---|---|\n" + rows.joined() + "\n"
    }
}
