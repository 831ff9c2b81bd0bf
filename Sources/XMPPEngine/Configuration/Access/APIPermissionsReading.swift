extension APIPermissions: OptionValue {
    package static var typeName: String { "a map of names to rules: `from`, `who`, `what`" }

    /// Reads named rules; each must say who and what.
    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> APIPermissions? {
        guard let entries = node.entries else {
            reader.fail(node, expected: typeName)
            return nil
        }
        let rules = entries.map { entry in
            reader.within(entry.key) { rule(entry, with: reader) }
        }
        let read = rules.compactMap { $0 }
        return read.count == rules.count ? APIPermissions(read) : nil
    }

    package var configurationText: String {
        "{" + rules.map(\.name).joined(separator: ", ") + "}"
    }

    private static let keys = ["from", "who", "what"]

    private static func rule(
        _ entry: ConfigurationNode.Entry, with reader: OptionReader
    ) -> Rule? {
        guard let entries = entry.value.entries else {
            reader.fail(entry.value, expected: "a map: `from`, `who`, `what`")
            return nil
        }
        var isComplete = true
        for part in entries where !keys.contains(part.key) {
            isComplete = false
            reader.fail(
                at: part.keyPosition, "there is no `\(part.key.shortened)` in a permission",
                suggestion: NearestName.to(part.key, among: keys))
        }
        for key in ["who", "what"] where entry.value[key] == nil {
            isComplete = false
            reader.fail(at: entry.keyPosition, "a permission needs `\(key)`")
        }
        let from = entry.value["from"].map { node in
            reader.within("from") {
                OptionType<[Source]>.listOrSingle(of: OptionType<Source>.any)
                    .read(node, reader)
            }
        }
        let who = entry.value["who"].flatMap { node in
            reader.within("who") { people(node, with: reader) }
        }
        let what = entry.value["what"].flatMap { node in
            reader.within("what") { CommandSelection.read(node, with: reader) }
        }
        guard isComplete, let who, let what, from.map({ $0 != nil }) ?? true else { return nil }
        return Rule(name: entry.key, from: (from ?? []) ?? [], who: who, what: what)
    }

    /// Reads whom a rule is for: a name, a map of criteria, or a list of both; one must fit.
    private static func people(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> [Who]? {
        switch node.content {
        case .scalar(let scalar) where scalar.text == "loopback" && !scalar.isEmptyValue:
            return [.loopback]
        case .map(let entries) where !entries.isEmpty:
            let people = entries.map { person($0, with: reader) }
            let read = people.compactMap { $0 }
            return read.count == people.count ? read : nil
        case .list(let items) where !items.isEmpty:
            return reader.readAll(items) { people($0, with: reader) }?.flatMap { $0 }
        case .scalar, .map, .list:
            return RuleReading.conditions(node, with: reader).map { [who($0)] }
        }
    }

    private static func person(
        _ entry: ConfigurationNode.Entry, with reader: OptionReader
    ) -> Who? {
        switch entry.key {
        case "access":
            return reader.within("access") {
                RuleReference.read(entry.value, with: reader).map { .access($0) }
            }
        case "acl" where entry.value.text == "loopback":
            return .loopback
        case "oauth":
            return reader.within("oauth") { token(entry.value, with: reader) }
        default:
            let single = ConfigurationNode(.map([entry]), at: entry.keyPosition)
            return RuleReading.conditions(single, with: reader).map { who($0) }
        }
    }

    private static func who(_ conditions: [AccessCondition]) -> Who {
        .access(.inline(AccessRule([.init(allows: true, conditions: conditions)])))
    }

    /// Reads `{scope: …, access: …}`: a token with a scope, whose owner fits the rest.
    private static func token(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> Who? {
        let parts = node.items?.flatMap { $0.entries ?? [] } ?? node.entries ?? []
        let scopes = parts.first { $0.key == "scope" }.flatMap { entry in
            reader.within("scope") {
                OptionType<[String]>.listOrSingle(of: OptionType<String>.any)
                    .read(entry.value, reader)
            }
        }
        let rest = parts.filter { $0.key != "scope" }
        guard let scopes, !scopes.isEmpty, !rest.isEmpty else {
            reader.fail(node, expected: "`scope`, and whose token it must be (`access: …`)")
            return nil
        }
        let owners = rest.compactMap { person($0, with: reader) }
        return owners.count == rest.count ? .token(scopes: scopes, of: owners) : nil
    }
}
