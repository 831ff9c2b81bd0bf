/// Reads what one host was told: its options and its modules.
struct HostReading {
    let schema: ConfigurationSchema
    let reader: OptionReader

    func read(
        _ section: HostSections.Section, host: String, server: OptionValues
    ) -> HostConfiguration {
        let plain = section.own.filter { StructuralOption.named($0.key) == nil }
        let known = EjabberdServerOptions.names.names
        let own = reader.within("host_config") {
            reader.within(host) {
                OptionGroup.read(
                    plain, options: ServerOption.all, notServed: known, with: reader)
            }
        }
        let options = (own ?? OptionValues(host: host)).completed(with: server)
        let isOwn = section.own.contains { $0.key == "modules" }
        let enabled =
            isOwn
            ? reader.within("host_config") { reader.within(host) { modules(section, options) } }
            : modules(section, options)
        return HostConfiguration(host: host, options: options, modules: enabled)
    }

    private func modules(
        _ section: HostSections.Section, _ host: OptionValues
    ) -> [String: ModuleOptions] {
        guard let entry = section.merged["modules"] else { return [:] }
        return reader.within("modules") {
            guard let entries = entry.value.entries else {
                reader.fail(entry.value, expected: "a map of modules to their options")
                return [:]
            }
            var modules: [String: ModuleOptions] = [:]
            for entry in entries {
                reader.within(entry.key) {
                    if let options = module(entry, host) { modules[entry.key] = options }
                }
            }
            return modules
        }
    }

    private func module(
        _ entry: ConfigurationNode.Entry, _ host: OptionValues
    ) -> ModuleOptions? {
        guard let module = schema.modules[entry.key] else {
            let known = EjabberdModules.names.names.union(EjabberdModules.formerNames.names)
            if known.contains(entry.key) {
                reader.warnNotServed(at: entry.keyPosition, "module")
            } else {
                reader.fail(
                    at: entry.keyPosition, "there is no such module",
                    suggestion: NearestName.to(
                        entry.key, among: known.union(schema.modules.keys)))
            }
            return nil
        }
        let options = OptionGroup.read(
            entry.value, options: module.options,
            notServed: EjabberdModules.options(of: entry.key), with: reader)
        if let warning = options.flatMap({ module.warning($0, host) }) {
            reader.report.warn(at: entry.keyPosition, path: reader.path, warning)
        }
        return options
    }
}
