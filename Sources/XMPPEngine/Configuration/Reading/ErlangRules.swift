/// Turns classic ACLs, rules and shapers into nodes.
enum ErlangRules {
    /// `{user, "admin", "localhost"}`, `{user_regexp, ""}`, `all`: one criterion.
    static func acl(_ term: ErlangTerm) -> ConfigurationNode {
        if term.atom == "all" { return criterion("server_regexp", text("", term), term) }
        guard let parts = term.tuple, let key = parts.first?.atom, parts.count > 1 else {
            return ErlangTerms.value(term)
        }
        guard parts.count == 3, let user = parts[1].name else {
            return criterion(key, ErlangTerms.value(parts[1]), term)
        }
        let pair = ConfigurationNode(
            .map([
                .init(
                    key: user, keyPosition: parts[1].position,
                    value: ErlangTerms.value(parts[2]))
            ]), at: term.position)
        return criterion(key, pair, term)
    }

    /// `[{allow, admin}, {deny, all}]`, `[{10, all}]`: the lines of a rule in order.
    static func rule(_ term: ErlangTerm) -> ConfigurationNode {
        guard let items = term.list else { return ErlangTerms.value(term) }
        return ConfigurationNode(.list(items.map(ErlangTerms.value)), at: term.position)
    }

    /// `{maxrate, 1000}` or `none`.
    static func shaper(_ term: ErlangTerm) -> ConfigurationNode {
        if term.atom == "none" { return ConfigurationNode(text: "infinity", at: term.position) }
        guard let parts = term.tuple, parts.count == 2, parts[0].atom == "maxrate" else {
            return ErlangTerms.value(term)
        }
        return ErlangTerms.value(parts[1])
    }

    private static func text(_ text: String, _ term: ErlangTerm) -> ConfigurationNode {
        ConfigurationNode(text: text, isQuoted: true, at: term.position)
    }

    private static func criterion(
        _ key: String, _ value: ConfigurationNode, _ term: ErlangTerm
    ) -> ConfigurationNode {
        ConfigurationNode(
            .map([.init(key: key, keyPosition: term.position, value: value)]), at: term.position)
    }
}
