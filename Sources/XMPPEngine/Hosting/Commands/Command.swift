/// An administrative command, declared once for the command line, the HTTP API, the console and
/// ad-hoc commands.
package struct Command: Sendable {
    /// Does the work; the arguments are complete and of the declared types.
    package typealias Handler =
        @Sendable (CommandArguments) async throws(CommandError) -> CommandResult

    /// Whether a command leaves things as they are.
    package enum Effect: Sendable {
        case reads
        /// Calls are noted in the log.
        case changes
    }

    /// Lower case with underscores, as administrators type it.
    package let name: String
    /// Other names it answers to, from other servers.
    package let aliases: [String]
    /// Grows when arguments or result change in a way that callers notice; both forms stay.
    package let version: Int
    /// What it does, in one line.
    package let summary: String
    package let tag: CommandTag
    package let effect: Effect
    package let arguments: [CommandArgument]
    package let result: CommandResult.Shape
    let run: Handler

    /// Declares a command; arguments without a default come first.
    package init(
        _ name: String, _ summary: String, tag: CommandTag, version: Int = 0,
        aliases: [String] = [], effect: Effect = .changes, arguments: [CommandArgument] = [],
        result: CommandResult.Shape = .code, run: @escaping Handler
    ) {
        self.name = name
        self.aliases = aliases
        self.version = version
        self.summary = summary
        self.tag = tag
        self.effect = effect
        self.arguments = arguments
        self.result = result
        self.run = run
    }

    /// Whether it may be called with its arguments in a URL: it changes nothing and has no secret.
    package var isSafe: Bool {
        effect == .reads && !arguments.contains(where: \.isSecret)
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
    /// Contacts and subscriptions.
    package static let roster = CommandTag("roster")
    /// Messages sent in somebody's name.
    package static let stanza = CommandTag("stanza")
    /// When accounts were last there.
    package static let last = CommandTag("last")
    /// Who accounts say they are.
    package static let vcard = CommandTag("vcard")
    /// Counts.
    package static let statistics = CommandTag("statistics")
    /// Access tokens.
    package static let oauth = CommandTag("oauth")
    /// Feeds of what happens.
    package static let events = CommandTag("events")
}
