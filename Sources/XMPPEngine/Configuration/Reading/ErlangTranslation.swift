/// Turns classic terms into the tree that YAML gives: `{listen, […]}.` becomes `listen: […]`.
struct ErlangTranslation {
    private typealias Node = ConfigurationNode

    private let reader: OptionReader
    /// The options so far in file order; those that classic files repeat are joined.
    private var order: [String] = []
    private var values: [String: ConfigurationNode.Entry] = [:]

    /// The options of a file; terms that mean nothing are told to the reader.
    static func entries(
        of terms: [ErlangTerm], with reader: OptionReader
    ) -> [ConfigurationNode.Entry] {
        var translation = ErlangTranslation(reader: reader)
        for term in terms { translation.translate(term) }
        return translation.order.compactMap { translation.values[$0] }
    }

    private init(reader: OptionReader) { self.reader = reader }

    private mutating func translate(_ term: ErlangTerm) {
        if let name = term.atom, name.hasPrefix("override_") {
            reader.warn(Node(text: name, at: term.position), "`\(name)` has no effect")
            return
        }
        guard let parts = term.tuple, let key = parts.first?.atom else {
            reader.fail(at: term.position, "expected an option, `{name, value}.`")
            return
        }
        switch (key, parts.count) {
        case ("listen", 2): set(key, ErlangListeners.node(parts[1], with: reader), term)
        case ("acl", 3): append(to: "acl", parts[1], ErlangRules.acl(parts[2]), term)
        case ("access", 3): access(parts, term)
        case ("shaper", 3): join("shaper", parts[1], ErlangRules.shaper(parts[2]), term)
        case ("modules", 2): set(key, ErlangTerms.options(parts[1]), term)
        case ("host_config", 3): hostConfiguration(parts, term)
        case ("define_macro", 3): join(key, parts[1], ErlangTerms.value(parts[2]), term)
        case ("include_config_file", 3):
            let options = Node(
                .map([
                    .init(
                        key: parts[1].name ?? "", keyPosition: parts[1].position,
                        value: ErlangTerms.options(parts[2]))
                ]), at: term.position)
            listAppend(key, options, term)
        case ("include_config_file", 2): listAppend(key, ErlangTerms.value(parts[1]), term)
        case ("s2s_certfile", 2), ("c2s_certfile", 2):
            listAppend("certfiles", ErlangTerms.value(parts[1]), term)
        case ("domain_certfile", 3):
            listAppend("certfiles", ErlangTerms.value(parts[2]), term)
        case (_, 2): set(key, ErlangTerms.value(parts[1]), term)
        case (_, _):
            reader.fail(at: term.position, "expected `{\(key.shortened), value}.`")
        }
    }

    private mutating func set(_ key: String, _ value: ConfigurationNode, _ term: ErlangTerm) {
        if let first = values[key] {
            reader.within(key) {
                reader.fail(
                    at: term.position, "is given twice, first on line \(first.keyPosition.line)")
            }
            values[key]?.value = first.value.united(with: value)
            return
        }
        order.append(key)
        values[key] = .init(key: key, keyPosition: term.position, value: value)
    }

    private mutating func listAppend(
        _ key: String, _ value: ConfigurationNode, _ term: ErlangTerm
    ) {
        let items = values[key]?.value.items ?? []
        if values[key] == nil { order.append(key) }
        let list = Node(.list(items + [value]), at: term.position)
        values[key] = .init(key: key, keyPosition: term.position, value: list)
    }

    private mutating func nameText(_ name: ErlangTerm) -> String? {
        if name.name == nil { reader.fail(at: name.position, "expected a name") }
        return name.name
    }

    /// Adds `name: value` to the map of an option.
    private mutating func join(
        _ key: String, _ name: ErlangTerm, _ value: ConfigurationNode, _ term: ErlangTerm
    ) {
        guard let text = nameText(name) else { return }
        var entries = values[key]?.value.entries ?? []
        if let first = entries.first(where: { $0.key == text }) {
            reader.fail(
                at: term.position,
                "\(key).\(text) is given twice, first on line \(first.keyPosition.line)")
            return
        }
        entries.append(.init(key: text, keyPosition: name.position, value: value))
        if values[key] == nil { order.append(key) }
        let map = Node(.map(entries), at: values[key]?.value.position ?? term.position)
        values[key] = .init(key: key, keyPosition: term.position, value: map)
    }

    /// Adds to the list under `name` in the map of an option: classic files repeat `{acl, …}`.
    private mutating func append(
        to key: String, _ name: ErlangTerm, _ value: ConfigurationNode, _ term: ErlangTerm
    ) {
        guard let text = nameText(name) else { return }
        var entries = values[key]?.value.entries ?? []
        if let index = entries.firstIndex(where: { $0.key == text }) {
            let items = entries[index].value.items ?? []
            entries[index].value = Node(.list(items + [value]), at: term.position)
        } else {
            let list = Node(.list([value]), at: term.position)
            entries.append(.init(key: text, keyPosition: name.position, value: list))
        }
        if values[key] == nil { order.append(key) }
        values[key] = .init(
            key: key, keyPosition: term.position, value: Node(.map(entries), at: term.position))
    }

    /// Classic files have one `access` for rules that allow and for rules that give a shaper.
    private mutating func access(_ parts: [ErlangTerm], _ term: ErlangTerm) {
        let rule = ErlangRules.rule(parts[2])
        let answers = rule.items?.compactMap { $0.entries?.first?.key } ?? []
        let isAccess = answers.allSatisfy { $0 == "allow" || $0 == "deny" }
        join(isAccess ? "access_rules" : "shaper_rules", parts[1], rule, term)
    }

    private mutating func hostConfiguration(_ parts: [ErlangTerm], _ term: ErlangTerm) {
        guard let options = parts[2].list else {
            reader.fail(at: parts[2].position, "expected a list of options")
            return
        }
        let inner = Self.entries(of: options, with: reader)
        join("host_config", parts[1], Node(.map(inner), at: parts[2].position), term)
    }
}
