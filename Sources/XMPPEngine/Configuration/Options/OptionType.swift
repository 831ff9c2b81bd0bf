/// How the value of one option is read: a type, possibly narrowed to a range or widened.
package struct OptionType<Value: Sendable & Equatable>: Sendable {
    /// What to write, for messages and the reference.
    package let name: String
    let read: @Sendable (ConfigurationNode, OptionReader) -> Value?
    let text: @Sendable (Value) -> String
    let expandingHost: @Sendable (Value, String) -> Value

    package init(
        name: String,
        text: @escaping @Sendable (Value) -> String,
        expandingHost: @escaping @Sendable (Value, String) -> Value = { value, _ in value },
        read: @escaping @Sendable (ConfigurationNode, OptionReader) -> Value?
    ) {
        self.name = name
        self.read = read
        self.text = text
        self.expandingHost = expandingHost
    }
}

extension OptionType where Value: OptionValue {
    /// Any value of the type.
    package static var any: OptionType {
        OptionType(
            name: Value.typeName, text: { $0.configurationText },
            expandingHost: { $0.expandingHost($1) }, read: { Value.read($0, with: $1) })
    }

    /// Values the test accepts; `name` says which.
    package static func only(
        _ name: String, where isAllowed: @escaping @Sendable (Value) -> Bool
    ) -> OptionType {
        OptionType(
            name: name, text: { $0.configurationText }, expandingHost: { $0.expandingHost($1) },
            read: { node, reader in
                guard let value = Value.read(node, with: reader) else { return nil }
                guard isAllowed(value) else {
                    reader.fail(node, expected: name)
                    return nil
                }
                return value
            })
    }
}

extension OptionType where Value: OptionValue & Comparable {
    /// Values of a range, ends included.
    package static func inside(_ range: ClosedRange<Value>) -> OptionType {
        let bounds =
            "\(range.lowerBound.configurationText) to \(range.upperBound.configurationText)"
        return only("\(Value.typeName), \(bounds)") { range.contains($0) }
    }
}

extension OptionType {
    /// The type for an option that may be left out: `nil` unless written.
    package static func optional<Wrapped: Sendable & Equatable>(
        _ wrapped: OptionType<Wrapped>
    ) -> OptionType where Value == Wrapped? {
        OptionType(
            name: wrapped.name, text: { $0.map(wrapped.text) ?? "" },
            expandingHost: { value, host in value.map { wrapped.expandingHost($0, host) } },
            read: { node, reader in wrapped.read(node, reader).map(Optional.some) })
    }

    /// A list, or one value standing for a list of one.
    package static func listOrSingle<Element: Sendable & Equatable>(
        of element: OptionType<Element>
    ) -> OptionType where Value == [Element] {
        OptionType(
            name: "\(element.name), or a list of such",
            text: { "[" + $0.map(element.text).joined(separator: ", ") + "]" },
            expandingHost: { values, host in values.map { element.expandingHost($0, host) } },
            read: { node, reader in
                guard let items = node.items else {
                    return element.read(node, reader).map { [$0] }
                }
                return reader.readAll(items) { element.read($0, reader) }
            })
    }

    /// A list, of which every item is read by the same type.
    package static func list<Element: Sendable & Equatable>(
        of element: OptionType<Element>
    ) -> OptionType where Value == [Element] {
        let single = OptionType.listOrSingle(of: element)
        let name = "a list of: \(element.name)"
        return OptionType(
            name: name, text: single.text, expandingHost: single.expandingHost,
            read: { node, reader in
                guard node.items != nil else {
                    reader.fail(node, expected: name)
                    return nil
                }
                return single.read(node, reader)
            })
    }
}

extension OptionReader {
    /// Reads every item of a list, so that all its problems are told; `nil` when one is wrong.
    func readAll<Value>(
        _ items: [ConfigurationNode], _ read: (ConfigurationNode) -> Value?
    ) -> [Value]? {
        var isComplete = true
        var values: [Value] = []
        for (index, item) in items.enumerated() {
            if let value = within(item: index, { read(item) }) {
                values.append(value)
            } else {
                isComplete = false
            }
        }
        return isComplete ? values : nil
    }
}
