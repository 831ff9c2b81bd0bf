/// A declared option: its name, type, default, limits and reason.
///
/// Declared once as a static member, listed in a manifest, read with `options[Self.quietTime]`.
package struct Option<Value: Sendable & Equatable>: OptionDeclaration {
    package let name: String
    package let type: OptionType<Value>
    package let `default`: Value
    package let summary: String
    package let scope: OptionScope
    package let takesEffect: OptionEffect

    /// Declares an option whose type is spelt out.
    package init(
        _ name: String, default: Value, as type: OptionType<Value>,
        scope: OptionScope = .host, takesEffect: OptionEffect = .onReload, _ summary: String
    ) {
        self.name = name
        self.type = type
        self.default = `default`
        self.summary = summary
        self.scope = scope
        self.takesEffect = takesEffect
    }

    package var typeName: String { type.name }

    package var defaultText: String { type.text(`default`) }

    package func text(in values: OptionValues) -> String { type.text(values[self]) }

    package func readValue(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> (any Sendable & Equatable)? {
        guard let value = type.read(node, reader) else { return nil }
        guard let host = reader.host else { return value }
        return type.expandingHost(value, host)
    }
}

extension Option where Value: OptionValue {
    /// Declares an option that takes any value of its type.
    package init(
        _ name: String, default: Value, scope: OptionScope = .host,
        takesEffect: OptionEffect = .onReload, _ summary: String
    ) {
        self.init(
            name, default: `default`, as: .any, scope: scope, takesEffect: takesEffect, summary)
    }
}

extension Option where Value: OptionValue & Comparable {
    /// Declares an option that takes the values of a range.
    package init(
        _ name: String, default: Value, in range: ClosedRange<Value>, scope: OptionScope = .host,
        takesEffect: OptionEffect = .onReload, _ summary: String
    ) {
        self.init(
            name, default: `default`, as: .inside(range), scope: scope,
            takesEffect: takesEffect, summary)
    }
}
