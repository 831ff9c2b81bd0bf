/// Why a command did not do what it was asked.
package struct CommandError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; the HTTP API has a status for each.
    package enum Kind: String, Sendable {
        case unknownCommand = "unknown-command"
        case badArguments = "bad-arguments"
        /// The account, host or thing named does not exist.
        case notFound = "not-found"
        /// It exists already.
        case conflict
        /// The server's rules forbid it.
        case notAllowed = "not-allowed"
        /// It cannot be done just now; later it may.
        case unavailable
        /// It was tried and failed.
        case failed
    }

    package let kind: Kind
    /// One line for the administrator.
    package let text: String

    /// A failure with its explanation.
    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    static func missing(_ name: String) -> CommandError {
        CommandError(.badArguments, "missing argument \(name)")
    }

    package var description: String { text }
}
