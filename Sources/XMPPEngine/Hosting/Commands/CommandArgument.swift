/// One argument of a command.
package struct CommandArgument: Sendable {
    /// What an argument may be.
    package enum Kind: String, CaseIterable, Sendable {
        case string
        case int
        case bool
        /// The name of an account, before the `@`, prepared (RFC 7622 §3.3).
        case user
        /// An address, prepared (RFC 7622).
        case jid
        /// A domain, prepared; not necessarily a served one.
        case host
        /// An IP address, or a network as in 192.0.2.0/24.
        case network
        /// A list of texts; in one text, separated by `;`.
        case strings
    }

    /// Longest text, in characters, where nothing else is declared.
    package static let lengthMaxUsual = 16_384

    package let name: String
    package let kind: Kind
    /// What it means, in one line.
    package let summary: String
    /// The value when it is left out; `nil` for an argument that is required.
    package let fallback: CommandValue?
    /// The texts that are taken; empty for any.
    package let choices: [String]
    /// The numbers that are taken.
    package let range: ClosedRange<Int>
    /// Lengths of a text in Unicode scalars.
    package let length: ClosedRange<Int>
    /// Fewest texts of a list.
    package let countMin: Int
    /// What the texts look like, as a regular expression for documents; the command checks it.
    package let pattern: String?
    /// A value for documents.
    package let example: String?
    /// Whether its value must not be shown or kept, as a password.
    package let isSecret: Bool
    /// Whether its value is nobody's business, as the text of a message: it is not logged.
    package let isPrivate: Bool

    /// Declares an argument.
    package init(
        _ name: String, _ kind: Kind, _ summary: String,
        default fallback: CommandValue? = nil, choices: [String] = [],
        range: ClosedRange<Int> = Int.min...Int.max,
        length: ClosedRange<Int> = 0...CommandArgument.lengthMaxUsual, countMin: Int = 0,
        pattern: String? = nil, example: String? = nil,
        isSecret: Bool = false, isPrivate: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.summary = summary
        self.fallback = fallback
        self.choices = choices
        self.range = range
        self.length = length
        self.countMin = countMin
        self.pattern = pattern
        self.example = example
        self.isSecret = isSecret
        self.isPrivate = isSecret || isPrivate
    }
}
