extension Bool: OptionValue {
    package static var typeName: String { "`true` or `false`" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> Bool? {
        switch node.text?.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        case _:
            reader.fail(node, expected: typeName)
            return nil
        }
    }

    package var configurationText: String { self ? "true" : "false" }
}

extension Int: OptionValue {
    package static var typeName: String { "a whole number" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> Int? {
        reader.value(of: node) { Int($0) }
    }

    package var configurationText: String { String(self) }
}

extension String: OptionValue {
    package static var typeName: String { "text" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> String? {
        guard case .scalar(let scalar) = node.content, !scalar.isEmptyValue else {
            reader.fail(node, expected: typeName)
            return nil
        }
        return scalar.text
    }

    package var configurationText: String { isEmpty ? "\"\"" : self }

    package func expandingHost(_ host: String) -> String {
        replacing(keyword: "HOST", with: host)
    }
}

extension Array: OptionValue where Element: OptionValue {
    package static var typeName: String { "a list of: \(Element.typeName)" }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> [Element]? {
        OptionType<[Element]>.list(of: OptionType<Element>.any).read(node, reader)
    }

    package var configurationText: String {
        "[" + map(\.configurationText).joined(separator: ", ") + "]"
    }

    package func expandingHost(_ host: String) -> [Element] {
        map { $0.expandingHost(host) }
    }
}

extension Dictionary: OptionValue where Key == String, Value: OptionValue {
    package static var typeName: String { "a map of names to: \(Value.typeName)" }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> [String: Value]? {
        guard let entries = node.entries else {
            reader.fail(node, expected: typeName)
            return nil
        }
        var values: [String: Value] = [:]
        var isComplete = true
        for entry in entries {
            let value = reader.within(entry.key) { Value.read(entry.value, with: reader) }
            guard let value else {
                isComplete = false
                continue
            }
            values[entry.key] = value
        }
        return isComplete ? values : nil
    }

    package var configurationText: String {
        let pairs = sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.configurationText)" }
        return "{" + pairs.joined(separator: ", ") + "}"
    }

    package func expandingHost(_ host: String) -> [String: Value] {
        mapValues { $0.expandingHost(host) }
    }
}

extension Optional: OptionValue where Wrapped: OptionValue {
    package static var typeName: String { Wrapped.typeName }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> Wrapped?? {
        Wrapped.read(node, with: reader).map { Optional($0) }
    }

    package var configurationText: String { map(\.configurationText) ?? "" }

    package func expandingHost(_ host: String) -> Wrapped? {
        map { $0.expandingHost(host) }
    }
}

/// The tree as it was written, for options whose shape only their module knows.
extension ConfigurationNode: OptionValue {
    package static var typeName: String { "any value" }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> ConfigurationNode? { node }

    package var configurationText: String {
        switch content {
        case .scalar(let scalar): scalar.text.configurationText
        case .list(let items): items.configurationText
        case .map(let entries):
            "{"
                + entries.map { "\($0.key): \($0.value.configurationText)" }
                .joined(separator: ", ") + "}"
        }
    }

    package func expandingHost(_ host: String) -> ConfigurationNode {
        replacingText { $0.replacing(keyword: "HOST", with: host) }
    }
}

extension ConfigurationNode {
    /// The same tree with every scalar's text changed.
    func replacingText(_ change: (String) -> String) -> ConfigurationNode {
        switch content {
        case .scalar(let scalar):
            ConfigurationNode(
                text: change(scalar.text), isQuoted: scalar.isQuoted, at: position)
        case .list(let items):
            ConfigurationNode(.list(items.map { $0.replacingText(change) }), at: position)
        case .map(let entries):
            ConfigurationNode(
                .map(
                    entries.map { entry in
                        var entry = entry
                        entry.value = entry.value.replacingText(change)
                        return entry
                    }), at: position)
        }
    }
}

extension String {
    /// The text with every `@NAME@` replaced.
    func replacing(keyword: String, with value: String) -> String {
        guard utf8.contains(UInt8(ascii: "@")) else { return self }
        let pattern = "@\(keyword)@"
        var result = ""
        var rest = self[...]
        while let range = rest.firstRange(of: pattern) {
            result += rest[..<range.lowerBound]
            result += value
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
