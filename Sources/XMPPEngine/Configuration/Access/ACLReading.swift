import XMPPCore

/// Reads the criteria of ACLs: `user`, `user_regexp`, `ip` and their kin.
enum ACLReading {
    /// The names a criterion can have.
    static let names = [
        "ip", "node_glob", "node_regexp", "resource", "resource_glob", "resource_regexp", "server",
        "server_glob", "server_regexp", "shared_group", "user", "user_glob", "user_regexp",
    ]

    /// Reads the definition of an ACL: a map of criteria, or a list of such maps.
    static func acl(_ node: ConfigurationNode, with reader: OptionReader) -> [ACLMatch]? {
        if let items = node.items {
            return reader.readAll(items) { acl($0, with: reader) }?.flatMap { $0 }
        }
        guard let entries = node.entries, !entries.isEmpty else {
            reader.fail(node, expected: "criteria (`user: admin@example.com`) or a list of such")
            return nil
        }
        var matches: [ACLMatch] = []
        var isComplete = true
        for entry in entries {
            if let found = criterion(entry, with: reader) {
                matches += found
            } else {
                isComplete = false
            }
        }
        return isComplete ? matches : nil
    }

    /// Reads one criterion: a name, and a value or a list of values of which one must match.
    static func criterion(
        _ entry: ConfigurationNode.Entry, with reader: OptionReader
    ) -> [ACLMatch]? {
        reader.within(entry.key) {
            switch entry.key {
            case "ip": values(entry, reader) { IPNetwork.read($0, with: reader).map { [.ip($0)] } }
            case "user": values(entry, reader) { users($0, with: reader) }
            case "user_regexp", "user_glob":
                values(entry, reader) { userPatterns($0, isGlob: isGlob(entry), with: reader) }
            case "server":
                values(entry, reader) {
                    DomainName.read($0, with: reader).map { [.server($0.text)] }
                }
            case "server_regexp", "server_glob":
                values(entry, reader) {
                    pattern($0, isGlob: isGlob(entry), with: reader).map { [.serverPattern($0)] }
                }
            case "resource":
                values(entry, reader) { String.read($0, with: reader).map { [.resource($0)] } }
            case "resource_regexp", "resource_glob":
                values(entry, reader) {
                    pattern($0, isGlob: isGlob(entry), with: reader)
                        .map { [.resourcePattern($0)] }
                }
            case "node_regexp", "node_glob":
                values(entry, reader) { nodes($0, isGlob: isGlob(entry), with: reader) }
            case "shared_group": sharedGroup(entry, reader)
            case _: unknown(entry, reader)
            }
        }
    }

    private static func isGlob(_ entry: ConfigurationNode.Entry) -> Bool {
        entry.key.hasSuffix("_glob")
    }

    private static func values(
        _ entry: ConfigurationNode.Entry, _ reader: OptionReader,
        _ read: (ConfigurationNode) -> [ACLMatch]?
    ) -> [ACLMatch]? {
        guard let items = entry.value.items else { return read(entry.value) }
        guard !items.isEmpty else {
            reader.fail(entry.value, expected: "at least one value")
            return nil
        }
        return reader.readAll(items, read)?.flatMap { $0 }
    }

    private static func sharedGroup(
        _ entry: ConfigurationNode.Entry, _ reader: OptionReader
    ) -> [ACLMatch]? {
        reader.warn(entry.value, "shared groups are not served yet; this matches nobody")
        return []
    }

    private static func unknown(
        _ entry: ConfigurationNode.Entry, _ reader: OptionReader
    ) -> [ACLMatch]? {
        reader.fail(
            at: entry.keyPosition, "there is no such criterion",
            suggestion: NearestName.to(entry.key, among: names))
        return nil
    }

    /// Reads `name`, `name@domain` or `{name: domain}`.
    private static func users(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> [ACLMatch]? {
        pairs(node, with: reader) { user, domain in
            guard let jid = BareJID(localpart: user, domainpart: domain ?? "localhost") else {
                reader.fail(node, expected: "an account (`admin@example.com`) or its localpart")
                return nil
            }
            return .user(jid.localpart ?? user, domain: domain.map { _ in jid.domainpart })
        }
    }

    private static func userPatterns(
        _ node: ConfigurationNode, isGlob: Bool, with reader: OptionReader
    ) -> [ACLMatch]? {
        pairs(node, with: reader) { user, domain in
            let written = ConfigurationNode(text: user, isQuoted: true, at: node.position)
            guard let pattern = pattern(written, isGlob: isGlob, with: reader) else { return nil }
            guard let domain else { return .userPattern(pattern, domain: nil) }
            guard let name = DomainName(domain) else {
                reader.fail(node, expected: "a domain after `@`")
                return nil
            }
            return .userPattern(pattern, domain: name.text)
        }
    }

    private static func pairs(
        _ node: ConfigurationNode, with reader: OptionReader,
        _ make: (String, String?) -> ACLMatch?
    ) -> [ACLMatch]? {
        switch node.content {
        case .scalar(let scalar) where !scalar.isEmptyValue:
            let parts = scalar.text.split(
                separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            let domain = parts.count > 1 ? String(parts[1]) : nil
            return make(String(parts[0]), domain).map { [$0] }
        case .map(let entries):
            let matches = entries.compactMap { entry -> ACLMatch? in
                guard let domain = String.read(entry.value, with: reader) else { return nil }
                return make(entry.key, domain)
            }
            return matches.count == entries.count ? matches : nil
        case .scalar, .list:
            reader.fail(node, expected: "text, `user@domain`, or a map of user to domain")
            return nil
        }
    }

    private static func nodes(
        _ node: ConfigurationNode, isGlob: Bool, with reader: OptionReader
    ) -> [ACLMatch]? {
        guard case .map(let entries) = node.content, !entries.isEmpty else {
            reader.fail(node, expected: "a map of a pattern for the user to one for the domain")
            return nil
        }
        var matches: [ACLMatch] = []
        for entry in entries {
            let key = ConfigurationNode(text: entry.key, isQuoted: true, at: entry.keyPosition)
            guard let user = pattern(key, isGlob: isGlob, with: reader),
                let domain = pattern(entry.value, isGlob: isGlob, with: reader)
            else { return nil }
            matches.append(.nodePattern(user, domain: domain))
        }
        return matches
    }

    private static func pattern(
        _ node: ConfigurationNode, isGlob: Bool, with reader: OptionReader
    ) -> TextPattern? {
        guard let text = String.read(node, with: reader) else { return nil }
        if isGlob {
            guard let glob = Glob(text) else {
                reader.fail(node, "the pattern `\(text.shortened)` has a set that is not closed")
                return nil
            }
            return .glob(glob)
        }
        do {
            return .regularExpression(try RegularExpression(text))
        } catch {
            reader.fail(
                node, "the regular expression `\(text.shortened)` is not valid: \(error.reason)")
            return nil
        }
    }
}
