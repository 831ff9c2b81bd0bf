/// An administrative command, declared once for the command line, the HTTP API, the console and
/// ad-hoc commands.
package struct Command: Sendable {
    /// Does the work; the arguments are complete and of the declared types.
    package typealias Handler =
        @Sendable (CommandArguments) async throws(CommandError) -> CommandResult

    /// Lower case with underscores, as administrators type it.
    package let name: String
    /// What it does, in one line.
    package let summary: String
    package let tag: CommandTag
    package let arguments: [CommandArgument]
    package let result: CommandResult.Shape
    let run: Handler

    /// Declares a command; arguments without a default come first.
    package init(
        _ name: String, _ summary: String, tag: CommandTag, arguments: [CommandArgument] = [],
        result: CommandResult.Shape = .code, run: @escaping Handler
    ) {
        self.name = name
        self.summary = summary
        self.tag = tag
        self.arguments = arguments
        self.result = result
        self.run = run
    }
}

/// What a command touches: permissions are given by tag or by name.
package struct CommandTag: Hashable, Sendable {
    package let name: String

    /// A tag for a module's own commands.
    package init(_ name: String) { self.name = name }

    /// Registered users and their passwords.
    package static let accounts = CommandTag("accounts")
    /// Who is connected.
    package static let sessions = CommandTag("sessions")
    /// The server as a whole: state, configuration, life and end.
    package static let server = CommandTag("server")
}

/// One argument of a command.
package struct CommandArgument: Sendable {
    /// What an argument may be.
    package enum Kind: String, CaseIterable, Sendable {
        case string
        case int
        case bool
        /// An address, prepared (RFC 7622).
        case jid
        /// A domain, prepared; not necessarily a served one.
        case host
    }

    package let name: String
    package let kind: Kind
    /// What it means, in one line.
    package let summary: String
    /// The value when it is left out; `nil` for an argument that is required.
    package let fallback: CommandValue?
    /// Whether its value must not be shown or kept, as a password.
    package let isSecret: Bool

    /// Declares an argument.
    package init(
        _ name: String, _ kind: Kind, _ summary: String,
        default fallback: CommandValue? = nil, isSecret: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.summary = summary
        self.fallback = fallback
        self.isSecret = isSecret
    }
}
