import XMPPConfig
import XMPPCore

/// Who runs a command, for the log and for commands that give no more than their caller has.
package struct CommandCaller: Sendable {
    /// As the log names it: `martletctl`, `admin@example.com`, `anonymous`.
    package let name: String
    /// The account on whose behalf; `nil` on the control socket and for strangers.
    package let account: BareJID?
    /// The id of the access token the caller came with; `nil` for one who came without.
    package let token: String?
    /// What that token is for.
    package let scope: CommandSelection?
    /// The credentials that the caller's password fitted; `nil` for one who came without.
    package let credentials: StoredCredentials?
    /// Textual IP address; empty on this machine's own sockets.
    package let address: String

    package init(
        name: String, account: BareJID? = nil, token: String? = nil,
        scope: CommandSelection? = nil, credentials: StoredCredentials? = nil,
        address: String = ""
    ) {
        self.name = name
        self.account = account
        self.token = token
        self.scope = scope
        self.credentials = credentials
        self.address = address
    }

    /// Whoever may use the control socket.
    package static let console = CommandCaller(name: "martletctl")
}
