/// A password after SASLprep; never shown by its description.
package struct PreparedPassword: Hashable, Sendable, CustomStringConvertible {
    let text: String

    /// Prepares a password as the user typed it; `nil` when SASLprep refuses it (RFC 4013).
    package init?(_ typed: String) {
        guard let text = SASLprep.prepare(typed) else { return nil }
        self.text = text
    }

    /// The same for all passwords.
    package var description: String { "a password" }

    /// What hash functions take.
    var bytes: [UInt8] { Array(text.utf8) }
}
