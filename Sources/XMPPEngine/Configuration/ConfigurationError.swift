/// One problem in a configuration file that keeps the server from using it.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let position: SourcePosition
    /// The option as a path from the top: `listen[2].max_stanza_size`; empty for the file itself.
    package let path: String
    package let message: String
    /// The valid spelling nearest to what was written, when one is near.
    package let suggestion: String?

    package init(
        at position: SourcePosition, path: String = "", _ message: String,
        suggestion: String? = nil
    ) {
        self.position = position
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }

    package var description: String {
        let option = path.isEmpty ? "" : "\(path): "
        let hint = suggestion.map { "; did you mean `\($0)`?" } ?? ""
        return "\(position): \(option)\(message)\(hint)"
    }
}

/// Everything that is wrong with a configuration, in the order of the files; never empty.
package struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
    package let errors: [ConfigurationError]

    package init(errors: [ConfigurationError]) { self.errors = errors }

    /// One line for each problem.
    package var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}

/// Something in a configuration that is accepted but will not do what its author may expect.
package struct ConfigurationWarning: Hashable, Sendable, CustomStringConvertible {
    package let position: SourcePosition
    /// The option as a path from the top, as in `ConfigurationError`.
    package let path: String
    package let message: String

    package var description: String {
        path.isEmpty ? "\(position): \(message)" : "\(position): \(path): \(message)"
    }
}
