/// A column of the rows that a command answers with.
package struct CommandColumn: Hashable, Sendable, ExpressibleByStringLiteral {
    /// What a column holds.
    package enum Kind: Sendable {
        case string
        case int
        case bool
        case strings
    }

    package let name: String
    package let kind: Kind
    /// Whether a row may have `null` here.
    package let isOptional: Bool
    /// What it means, in one line; empty where the name says it.
    package let summary: String

    package init(
        _ name: String, _ kind: Kind = .string, isOptional: Bool = false,
        summary: String = ""
    ) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
        self.summary = summary
    }

    /// A column of texts.
    package init(stringLiteral name: String) { self.init(name) }
}
