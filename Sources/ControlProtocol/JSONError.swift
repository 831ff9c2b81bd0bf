/// Why a text is not the JSON that is asked for.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong (RFC 8259, and the limits of the caller).
    package enum Reason: String, Sendable {
        case tooLong = "the text is too long"
        case tooDeep = "it is nested too deeply"
        case notUTF8 = "it is not UTF-8"
        case unexpectedByte = "unexpected character"
        case unexpectedEnd = "it ends too early"
        case badNumber = "bad number"
        case badEscape = "bad escape"
        case duplicateName = "a name occurs twice"
        case trailingBytes = "more text follows"
    }

    package let reason: Reason
    /// Where, in bytes from the beginning.
    package let offset: Int

    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
