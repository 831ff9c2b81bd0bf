/// A type that the value of an option can have.
package protocol OptionValue: Sendable, Equatable {
    /// What to write, for messages and the reference: "a whole number".
    static var typeName: String { get }

    /// Reads a value; `nil` after telling the reader what is wrong.
    static func read(_ node: ConfigurationNode, with reader: OptionReader) -> Self?

    /// The value as a configuration file has it.
    var configurationText: String { get }

    /// The value with `@HOST@` replaced; itself when it holds no text.
    func expandingHost(_ host: String) -> Self
}

extension OptionValue {
    package func expandingHost(_ host: String) -> Self { self }
}

/// A value that is one of a few words.
package protocol OptionKeyword: OptionValue, CaseIterable, RawRepresentable
where RawValue == String {}

extension OptionKeyword {
    package static var typeName: String {
        allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> Self? {
        guard let text = node.text, let value = Self(rawValue: text) else {
            let words = allCases.map(\.rawValue)
            reader.fail(
                node, "expected one of \(typeName), found \(node.kind)",
                suggestion: node.text.flatMap { NearestName.to($0, among: words) })
            return nil
        }
        return value
    }

    package var configurationText: String { rawValue }
}
