/// Turns the options of a configuration into a checked value.
struct ConfigurationBuilder {
    let schema: ConfigurationSchema
    let report: ConfigurationReport
    let language: ConfigurationLanguage
    /// The main file, for problems that have no line.
    let main: String

    /// The configuration; `nil` when the report has problems.
    func build(_ entries: [ConfigurationNode.Entry], files: [String]) -> Configuration? {
        let reader = OptionReader(report: report)
        let top = TopLevel(entries)
        let hosts = hosts(top["hosts"], with: reader)
        let options = options(top, with: reader)
        let tls = TLSReading(judge: schema.tls, reader: reader, server: options, top: top)
        let listeners = ListenerReading(schema: schema, reader: reader, tls: tls)
            .read(top["listen"])
        let sections = HostSections(top, hosts: hosts, with: reader)
        let access = AccessReading(reader: reader, language: language)
        var server = access.rules(top)
        let shapers = access.shapers(top["shaper"])
        var perHost: [String: AccessControl.Rules] = [:]
        var configurations: [HostConfiguration] = []
        var references = [reader.references]
        for host in hosts {
            let hostReader = OptionReader(report: report, host: host)
            let read = HostReading(schema: schema, language: language, reader: hostReader)
                .read(sections.section(of: host), host: host, server: options)
            perHost[host] = read.rules
            configurations.append(read.configuration)
            references.append(hostReader.references)
        }
        // Also when every host has others.
        _ = ModulesReading(schema: schema, reader: reader).read(top["modules"], for: nil)
        // The server's rules were read by the first reader, after its listeners.
        references[0] = reader.references
        let check = ReferenceCheck(
            schema: schema, reader: reader, language: language, shapers: Set(shapers.keys))
        server = check.completed(server, perHost: perHost, mentions: references.flatMap { $0 })
        guard report.errors.isEmpty else { return nil }
        return Configuration(
            files: files, listeners: listeners, options: options,
            access: AccessControl(
                servedHosts: Set(hosts), shapers: shapers, server: server, perHost: perHost),
            hosts: configurations)
    }

    private func hosts(_ entry: ConfigurationNode.Entry?, with reader: OptionReader) -> [String] {
        guard let entry else {
            guard language == .yaml else { return ["localhost"] }
            report.add(
                ConfigurationError(
                    at: SourcePosition(file: main), path: "hosts",
                    "must be written: the domains to serve"))
            return []
        }
        return reader.within("hosts") {
            let type = OptionType<[DomainName]>.list(of: .any)
            guard let names = type.read(entry.value, reader)?.map(\.text) else { return [] }
            guard !names.isEmpty else {
                reader.fail(entry.value, "at least one domain must be served")
                return []
            }
            for (index, name) in names.enumerated() where names[..<index].contains(name) {
                reader.fail(entry.value, "`\(name)` is given twice")
            }
            return names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
    }

    /// Reads the options that have a plain value, and tells of those that do not exist.
    private func options(_ top: TopLevel, with reader: OptionReader) -> OptionValues {
        let plain = top.entries.filter { StructuralOption.named($0.key) == nil }
        let known = EjabberdServerOptions.names.names
            .union(StructuralOption.all.map(\.name))
        return OptionGroup.readSound(
            plain, options: ServerOption.all, notServed: known, with: reader
        ).values
    }
}

/// The options at the top of a configuration by name.
struct TopLevel {
    let entries: [ConfigurationNode.Entry]

    init(_ entries: [ConfigurationNode.Entry]) { self.entries = entries }

    subscript(name: String) -> ConfigurationNode.Entry? { entries.first { $0.key == name } }
}
