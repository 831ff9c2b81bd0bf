import Glibc

/// A POSIX extended regular expression, compiled once (`regcomp`, `regexec`).
///
/// It matches anywhere in the text unless anchored with `^` and `$`.
package final class RegularExpression: @unchecked Sendable {
    // Sendable because the expression is compiled once, and `regexec` locks it while in use.

    /// Longest expression, in bytes of UTF-8.
    package static let patternBytesMax = 1024
    /// Longest text that is tried, three full parts of an address; a longer one does not match.
    package static let subjectBytesMax = 3 * 1023

    package let text: String
    private var compiled = regex_t()

    /// Compiles an expression.
    ///
    /// - Throws: Why it cannot be used.
    package init(_ text: String) throws(InvalidExpression) {
        guard text.utf8.count <= Self.patternBytesMax else {
            throw InvalidExpression(reason: "longer than \(Self.patternBytesMax) bytes")
        }
        if let construct = Self.foreignConstruct(in: text) {
            throw InvalidExpression(
                reason: "`\(construct)` is not part of POSIX extended expressions")
        }
        self.text = text
        let code = regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else {
            var reason = [CChar](repeating: 0, count: 128)
            regerror(code, &compiled, &reason, reason.count)
            let bytes = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw InvalidExpression(reason: String(decoding: bytes, as: UTF8.self))
        }
    }

    deinit { regfree(&compiled) }

    /// Whether the expression is found in the text.
    package func matches(_ subject: String) -> Bool {
        guard subject.utf8.count <= Self.subjectBytesMax else { return false }
        return regexec(&compiled, subject, 0, nil, 0) == 0
    }

    /// Perl's constructs that POSIX would silently read as something else.
    private static func foreignConstruct(in text: String) -> String? {
        var previous: Character?
        for character in text {
            switch (previous, character) {
            case ("\\", "d"), ("\\", "D"), ("\\", "A"), ("\\", "z"), ("\\", "Z"), ("\\", "p"),
                ("\\", "x"), ("\\", "Q"):
                return "\\\(character)"
            case ("(", "?"), ("*", "?"), ("+", "?"):
                return "\(previous ?? " ")?"
            case ("\\", "\\"), ("\\", _):
                previous = nil
            case (_, _):
                previous = character
            }
        }
        return text.utf8.contains(0) ? "NUL" : nil
    }
}

extension RegularExpression: Equatable {
    package static func == (left: RegularExpression, right: RegularExpression) -> Bool {
        left.text == right.text
    }
}

/// Why a regular expression cannot be used.
package struct InvalidExpression: Error, Equatable {
    package let reason: String
}
