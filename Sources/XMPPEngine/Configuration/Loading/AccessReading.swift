/// Reads `acl`, `access_rules`, `shaper` and `shaper_rules`.
struct AccessReading {
    let reader: OptionReader
    let language: ConfigurationLanguage

    /// Names that always mean the same and cannot be defined.
    private static let reserved: Set<String> = ["all", "none"]
    private static let reservedShapers: Set<String> = [
        "none", "infinite", "infinity", "unlimited",
    ]

    /// The rules of the server, or of one host when its reader is given.
    func rules(_ top: TopLevel, _ hostReader: OptionReader? = nil) -> AccessControl.Rules {
        let reader = hostReader ?? reader
        var rules = AccessControl.Rules()
        rules.acls = map(top["acl"], reserved: Self.reserved, reader) {
            ACLReading.acl($0, with: reader)
        }
        rules.access = map(top["access_rules"], reserved: Self.reserved, reader) {
            AccessRule.read($0, with: reader)
        }
        rules.shaperRules = map(top["shaper_rules"], reserved: Self.reservedShapers, reader) {
            ShaperRule.read($0, with: reader)
        }
        return rules
    }

    func shapers(_ entry: ConfigurationNode.Entry?) -> [String: Limit<Shaper>] {
        // Classic files define `none`, which means what it always means.
        let reserved = language == .terms ? [] : Self.reservedShapers
        return map(entry, reserved: reserved, reader) {
            Limit<Shaper>.readShaper($0, with: reader)
        }
    }

    private func map<Value>(
        _ entry: ConfigurationNode.Entry?, reserved: Set<String>, _ reader: OptionReader,
        _ read: (ConfigurationNode) -> Value?
    ) -> [String: Value] {
        guard let entry else { return [:] }
        return reader.within(entry.key) {
            guard let entries = entry.value.entries else {
                reader.fail(entry.value, expected: "a map of names to definitions")
                return [:]
            }
            var values: [String: Value] = [:]
            for definition in entries {
                reader.within(definition.key) {
                    guard !reserved.contains(definition.key) else {
                        reader.fail(at: definition.keyPosition, "this name cannot be defined")
                        return
                    }
                    if let value = read(definition.value) { values[definition.key] = value }
                }
            }
            return values
        }
    }
}
