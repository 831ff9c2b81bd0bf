/// Reads `modules`.
struct ModulesReading {
    let schema: ConfigurationSchema
    let reader: OptionReader

    /// The modules by name; those that cannot be used are told to the reader and left out.
    ///
    /// - Parameters:
    ///   - entry: The option, `nil` when it is not there.
    ///   - host: The options of the host they are for; `nil` when no host has these modules.
    /// - Returns: The options of each.
    func read(
        _ entry: ConfigurationNode.Entry?, for host: OptionValues?
    ) -> [String: ModuleOptions] {
        guard let entry else { return [:] }
        return reader.within(entry.key) {
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
        _ entry: ConfigurationNode.Entry, _ host: OptionValues?
    ) -> ModuleOptions? {
        guard let module = schema.modules[entry.key] else {
            tellUnknown(entry)
            return nil
        }
        let options = OptionGroup.read(
            entry.value, options: module.options,
            notServed: EjabberdModules.options(of: entry.key), with: reader)
        if let options, let host, let warning = module.warning(options, host) {
            reader.report.warn(at: entry.keyPosition, path: reader.path, warning)
        }
        return options
    }

    private func tellUnknown(_ entry: ConfigurationNode.Entry) {
        let known = EjabberdModules.names.names.union(EjabberdModules.formerNames.names)
        if known.contains(entry.key) {
            reader.warnNotServed(at: entry.keyPosition, "module")
        } else {
            reader.fail(
                at: entry.keyPosition, "there is no such module",
                suggestion: NearestName.to(entry.key, among: known.union(schema.modules.keys)))
        }
    }
}
