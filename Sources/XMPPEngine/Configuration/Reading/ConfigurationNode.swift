/// One value of a configuration file with its place: what YAML and Erlang terms are both read into.
package struct ConfigurationNode: Sendable {
    /// What a node holds.
    package enum Content: Sendable, Equatable {
        case scalar(ScalarText)
        case list([ConfigurationNode])
        case map([Entry])
    }

    /// A piece of text; the option that reads it gives it a type.
    package struct ScalarText: Sendable, Equatable {
        package let text: String
        /// Written in quotes (or as an Erlang string): never a macro.
        package let isQuoted: Bool
    }

    /// A key of a map and its value.
    package struct Entry: Sendable, Equatable {
        package let key: String
        package let keyPosition: SourcePosition
        package var value: ConfigurationNode

        package static func == (left: Entry, right: Entry) -> Bool {
            left.key == right.key && left.value == right.value
        }
    }

    package var content: Content
    package let position: SourcePosition

    package init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }

    /// A scalar node.
    init(text: String, isQuoted: Bool = false, at position: SourcePosition) {
        self.init(.scalar(ScalarText(text: text, isQuoted: isQuoted)), at: position)
    }

    /// The text of a scalar, `nil` for a list or a map.
    package var text: String? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.text
    }

    /// The items of a list, `nil` for anything else.
    package var items: [ConfigurationNode]? {
        guard case .list(let items) = content else { return nil }
        return items
    }

    /// The entries of a map in file order; an empty value counts as an empty map.
    package var entries: [Entry]? {
        switch content {
        case .map(let entries): entries
        case .scalar(let scalar) where scalar.isEmptyValue: []
        case .list(let items) where items.isEmpty: []
        case .scalar, .list: nil
        }
    }

    /// The value of a key, `nil` when this is no map or lacks the key.
    package subscript(key: String) -> ConfigurationNode? {
        entries?.first { $0.key == key }?.value
    }

    /// This with what another has besides: what was given twice is checked as one.
    ///
    /// Of two plain values the first counts.
    func united(with other: ConfigurationNode) -> ConfigurationNode {
        switch (content, other.content) {
        case (.list(let left), .list(let right)):
            return ConfigurationNode(
                .list(left + right.filter { !left.contains($0) }), at: position)
        case (.map(var entries), .map(let right)):
            for entry in right {
                if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                    entries[index].value = entries[index].value.united(with: entry.value)
                } else {
                    entries.append(entry)
                }
            }
            return ConfigurationNode(.map(entries), at: position)
        case (.list, _), (.map, _), (.scalar, _):
            return self
        }
    }

    /// What the node is, in words for a message.
    var kind: String {
        switch content {
        case .scalar(let scalar) where scalar.isEmptyValue: "nothing"
        case .scalar(let scalar): "`\(scalar.text.shortened)`"
        case .list: "a list"
        case .map: "a map"
        }
    }
}

extension ConfigurationNode: Equatable {
    /// Two nodes are equal when they say the same, wherever they stand.
    package static func == (left: ConfigurationNode, right: ConfigurationNode) -> Bool {
        left.content == right.content
    }
}

extension ConfigurationNode.ScalarText {
    /// A key without a value, or YAML's `~` and `null`.
    var isEmptyValue: Bool {
        !isQuoted && (text.isEmpty || text == "~" || text == "null")
    }
}

extension String {
    /// The text for a message: its first characters, control characters replaced.
    var shortened: String {
        var shown = ""
        for (index, scalar) in unicodeScalars.enumerated() {
            if index == 60 { return shown + "…" }
            shown.unicodeScalars.append(scalar.value < 0x20 ? " " : scalar)
        }
        return shown
    }
}
