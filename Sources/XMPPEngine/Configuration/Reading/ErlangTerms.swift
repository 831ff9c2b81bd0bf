/// Turns values and lists of options in Erlang terms into nodes.
enum ErlangTerms {
    /// Any value: lists of pairs become maps, other lists lists, a pair a map of one.
    static func value(_ term: ErlangTerm) -> ConfigurationNode {
        switch term.content {
        case .atom(let text), .number(let text):
            return ConfigurationNode(text: text, at: term.position)
        case .text(let text):
            return ConfigurationNode(text: text, isQuoted: true, at: term.position)
        case .list(let items):
            let isOptions = !items.isEmpty && items.allSatisfy { pair($0) != nil }
            guard !isOptions else { return options(term) }
            return ConfigurationNode(.list(items.map(value)), at: term.position)
        case .tuple(let items):
            if let address = address(items) {
                return ConfigurationNode(text: address, isQuoted: true, at: term.position)
            }
            guard let entry = pair(term) else {
                return ConfigurationNode(.list(items.map(value)), at: term.position)
            }
            return ConfigurationNode(.map([entry]), at: term.position)
        }
    }

    /// A list of options: `{name, value}` sets one, a bare name sets it to `true`.
    static func options(_ term: ErlangTerm) -> ConfigurationNode {
        guard let items = term.list else { return value(term) }
        var entries: [ConfigurationNode.Entry] = []
        for item in items {
            if let flag = item.atom {
                let isSet = ConfigurationNode(text: "true", at: item.position)
                entries.append(.init(key: flag, keyPosition: item.position, value: isSet))
            } else if let entry = pair(item) {
                entries.append(entry)
            } else {
                return ConfigurationNode(.list(items.map(value)), at: term.position)
            }
        }
        return ConfigurationNode(.map(entries), at: term.position)
    }

    private static func pair(_ term: ErlangTerm) -> ConfigurationNode.Entry? {
        guard let parts = term.tuple, parts.count == 2, let key = key(parts[0]) else { return nil }
        return .init(key: key, keyPosition: parts[0].position, value: value(parts[1]))
    }

    private static func key(_ term: ErlangTerm) -> String? {
        switch term.content {
        case .atom(let text), .text(let text), .number(let text): text
        case .list, .tuple: nil
        }
    }

    /// `{127, 0, 0, 1}`, or eight numbers for IPv6, as text.
    static func address(_ items: [ErlangTerm]) -> String? {
        let groups = items.compactMap { item -> Int? in
            guard case .number(let text) = item.content else { return nil }
            return Int(text)
        }
        guard groups.count == items.count else { return nil }
        switch groups.count {
        case 4 where groups.allSatisfy { (0...255).contains($0) }:
            return groups.map(String.init).joined(separator: ".")
        case 8 where groups.allSatisfy { (0...65535).contains($0) }:
            let text = groups.map { String($0, radix: 16) }.joined(separator: ":")
            return IPAddress(text)?.description
        case _:
            return nil
        }
    }
}
