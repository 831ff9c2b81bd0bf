import XMPPConfig
import XMPPEngine

/// Counts who shows wrong passwords for files, and slows them down.
struct PasswordWatch: Sendable {
    private let throttle: LoginThrottle
    /// Told of each password that was looked at.
    private let checked: @Sendable (IPAddress?, Bool) -> Void

    init(
        _ throttle: LoginThrottle,
        checked: @escaping @Sendable (IPAddress?, Bool) -> Void = { _, _ in }
    ) {
        self.throttle = throttle
        self.checked = checked
    }

    /// Counts for a server, and for the modules of one host.
    init(_ server: Server, host: String) {
        self.init(server.logins) { [weak server] address, isRight in
            server?.loginChecked(
                isAccepted: isRight, account: nil, domain: host, address: address)
        }
    }

    /// Looks at what a client shows.
    ///
    /// - Returns: Whose password it is; `nil` for a wrong one.
    /// - Throws: `HTTPProblem` when there were too many wrong ones.
    func check(_ exchange: Exchange, _ show: () -> String?) throws -> String? {
        let address = exchange.peer.description
        if let wait = throttle.begin(address: address, account: nil) {
            throw HTTPProblem(
                .tooManyRequests, fields: [HTTPField("Retry-After", wait.retryAfter)])
        }
        let name = show()
        throttle.end(address: address, account: nil, name == nil ? .refused : .accepted)
        checked(exchange.peer.ip, name != nil)
        return name
    }
}
