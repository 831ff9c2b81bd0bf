/// Reads header fields that are lists (RFC 9110 §5.6.1).
enum HeaderList {
    /// The elements, without the blanks around them; quoted strings stay whole.
    static func elements(_ value: String) -> [Substring] {
        split(value[...], at: ",").filter { !$0.isEmpty }
    }

    /// Splits at a mark that is not inside a quoted string, and trims the parts.
    static func split(_ text: Substring, at mark: Character) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == mark, !isQuoted {
                parts.append(trimmed(text[start..<index]))
                start = text.index(after: index)
            }
        }
        parts.append(trimmed(text[start...]))
        return parts
    }

    /// Whether one of the fields' elements is that token, compared without case.
    static func contains(_ token: String, in values: [String]) -> Bool {
        values.contains { elements($0).contains { $0.lowercased() == token } }
    }

    /// The text inside the quotes, when there are any.
    static func unquoted(_ text: Substring) -> Substring {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        return text.dropFirst().dropLast()
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
