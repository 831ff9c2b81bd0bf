/// Some of the server's commands: by name, by tag, all of them, and exceptions.
///
/// Written in words as ejabberd does: `status`, `[tag:accounts]`, `*`, `!stop`, `![tag:server]`.
/// Permissions and the scopes of access tokens are selections.
package struct CommandSelection: Sendable, Hashable {
    private enum Pattern: Hashable {
        case everything
        case command(String)
        case tag(String)
    }

    /// What a word looks like, as a regular expression.
    package static let wordPattern =
        "^!?(\\*|(tag:)?[a-z0-9_-]{1,64}|\\[tag:[a-z0-9_-]{1,64}\\])$"

    /// Longest name, in bytes.
    private static let nameBytesMax = 64

    /// The words it was made of.
    package let words: [String]
    private let included: Set<Pattern>
    private let excluded: Set<Pattern>

    /// Every command.
    package static let everything = CommandSelection(
        words: ["*"], included: [.everything], excluded: [])

    private init(words: [String], included: Set<Pattern>, excluded: Set<Pattern>) {
        self.words = words
        self.included = included
        self.excluded = excluded
    }

    /// Reads words; `nil` when one of them is malformed or there is none.
    package init?(_ words: [String]) {
        var included: Set<Pattern> = []
        var excluded: Set<Pattern> = []
        for word in words {
            let isException = word.hasPrefix("!")
            guard let pattern = Self.pattern(isException ? word.dropFirst() : word[...]) else {
                return nil
            }
            if isException { excluded.insert(pattern) } else { included.insert(pattern) }
        }
        guard !words.isEmpty else { return nil }
        self.init(words: words, included: included, excluded: excluded)
    }

    private static func pattern(_ word: Substring) -> Pattern? {
        if word == "*" { return .everything }
        var name = word
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
            guard name.hasPrefix("tag:") else { return nil }
        }
        let isTag = name.hasPrefix("tag:")
        if isTag { name = name.dropFirst(4) }
        guard !name.isEmpty, name.utf8.count <= nameBytesMax, name.utf8.allSatisfy(isNameByte)
        else { return nil }
        return isTag ? .tag(String(name)) : .command(String(name))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether a command is among the selected ones; an exception wins.
    package func contains(_ command: String, tag: String) -> Bool {
        Self.any(of: included, has: command, tag) && !Self.any(of: excluded, has: command, tag)
    }

    private static func any(
        of patterns: Set<Pattern>, has command: String, _ tag: String
    ) -> Bool {
        patterns.contains { pattern in
            switch pattern {
            case .everything: true
            case .command(let name): name == command
            // ejabberd has `account` and `accounts` for the same commands.
            case .tag(let name): name == tag || name + "s" == tag
            }
        }
    }

    /// Whether whatever the other selects is certainly selected here too.
    package func includes(_ other: CommandSelection) -> Bool {
        let isWide = included.contains(.everything) || other.included.isSubset(of: included)
        return isWide && excluded.isSubset(of: other.excluded)
    }

    /// Whether every command is selected.
    package var isEverything: Bool { included.contains(.everything) && excluded.isEmpty }

    /// The commands that are selected or excepted by name.
    package var commandNames: [String] {
        included.union(excluded).compactMap { pattern in
            guard case .command(let name) = pattern else { return nil }
            return name
        }.sorted()
    }
}

extension CommandSelection: OptionValue {
    package static var typeName: String {
        "names of commands, `[tag:NAME]`, `*`, and any of these after `!`"
    }

    /// Reads one word or a list of words; `[tag:accounts]` without quotes is a list in YAML.
    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> CommandSelection? {
        guard let words = words(node, with: reader, depth: 0) else { return nil }
        guard let selection = CommandSelection(words) else {
            reader.fail(node, expected: typeName)
            return nil
        }
        return selection
    }

    private static func words(
        _ node: ConfigurationNode, with reader: OptionReader, depth: Int
    ) -> [String]? {
        if let items = node.items, depth < 2 {
            return reader.readAll(items) { words($0, with: reader, depth: depth + 1) }?
                .flatMap { $0 }
        }
        guard let text = node.text,
            let meaning = pattern(text.hasPrefix("!") ? text.dropFirst() : text[...])
        else {
            reader.fail(node, expected: typeName)
            return nil
        }
        switch meaning {
        case .everything: break
        case .command(let name): reader.mention(.command, name, at: node.position)
        case .tag(let name): reader.mention(.commandTag, name, at: node.position)
        }
        return [text]
    }

    package var configurationText: String {
        words.count == 1 ? "\"\(words[0])\"" : "[" + words.joined(separator: ", ") + "]"
    }
}
