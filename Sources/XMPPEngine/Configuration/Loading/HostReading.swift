/// Reads what one host was told: its options, its modules and its rules.
struct HostReading {
    let schema: ConfigurationSchema
    let language: ConfigurationLanguage
    let reader: OptionReader

    /// What a section says.
    ///
    /// Each piece is checked where it stands, so that problems have the path under which they were
    /// written. What the pieces come to is read once more without a word.
    ///
    /// - Returns: The host's configuration, and its rules if it does not have the server's.
    func read(
        _ section: HostSections.Section, host: String, server: OptionValues
    ) -> (configuration: HostConfiguration, rules: AccessControl.Rules?) {
        let quiet = OptionReader(report: ConfigurationReport(), host: host)
        let own = options(section.own, with: quiet)
        let values = (own ?? OptionValues(host: host)).completed(with: server)
        for piece in section.pieces { check(piece, of: section, values) }
        let modules = ModulesReading(schema: schema, reader: quiet)
            .read(section.merged["modules"], for: values)
        let rules =
            section.changesRules
            ? AccessReading(reader: quiet, language: language).rules(section.merged) : nil
        if reader.report.errors.isEmpty {
            // What the pieces are not by themselves, they may be together.
            for error in quiet.report.errors { reader.report.add(error) }
        }
        return (HostConfiguration(host: host, options: values, modules: modules), rules)
    }

    private func check(
        _ piece: HostSections.Piece, of section: HostSections.Section, _ host: OptionValues
    ) {
        let entries = TopLevel(piece.entries)
        reader.within(path: piece.place) {
            if !piece.place.isEmpty { _ = options(piece.entries, with: reader) }
            _ = ModulesReading(schema: schema, reader: reader).read(entries["modules"], for: host)
            if section.changesRules {
                _ = AccessReading(reader: reader, language: language).rules(entries)
            }
        }
    }

    private func options(
        _ entries: [ConfigurationNode.Entry], with reader: OptionReader
    ) -> OptionValues? {
        OptionGroup.read(
            entries.filter { StructuralOption.named($0.key) == nil }, options: ServerOption.all,
            notServed: EjabberdServerOptions.names.names, with: reader)
    }
}
