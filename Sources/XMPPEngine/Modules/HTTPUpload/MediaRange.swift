import XMPPConfig

/// One media type, or all that share its first part: `image/png`, `image/*` (RFC 9110 §12.5.1).
package struct MediaRange: Sendable, Equatable {
    /// In lower case.
    package let text: String

    /// `nil` for what is neither a type without parameters nor `type/*`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].contains("*"), parts[1] == "*" || !parts[1].contains("*"),
            let type = MediaType(text), type.essence == text.lowercased()
        else { return nil }
        self.text = type.essence
    }

    /// Whether a type in lower case, without parameters, is of these.
    func contains(_ essence: String) -> Bool {
        guard text.hasSuffix("/*") else { return text == essence }
        return essence.hasPrefix(text.dropLast())
    }
}

extension MediaRange: OptionValue {
    package static var typeName: String { "a media type (`image/png`) or `image/*`" }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> MediaRange? {
        guard let range = node.text.flatMap({ MediaRange($0) }) else {
            reader.fail(node, expected: typeName)
            return nil
        }
        return range
    }

    package var configurationText: String { text }
}
