import NIOPosix
import XMPPCore

/// Checks an account's password outside a stream: for the HTTP API and for commands.
package struct PasswordLogin: Sendable {
    package enum Outcome: Sendable, Equatable {
        case accepted
        /// A wrong password or no such account; the two cannot be told apart, by time neither.
        case refused
        /// The password is right and the account is locked out.
        case disabled
    }

    private let host: VirtualHost

    package init(_ host: VirtualHost) { self.host = host }

    /// Checks a password on the worker threads.
    ///
    /// - Parameters:
    ///   - account: Of this host; need not exist.
    ///   - password: As it was typed.
    /// - Returns: What is to be told.
    /// - Throws: What the store says.
    package func check(_ account: BareJID, password: String) async throws -> Outcome {
        try await prove(account, password: password).outcome
    }

    /// The same, with the credentials that the password fits; `nil` unless it is accepted.
    package func prove(
        _ account: BareJID, password: String
    ) async throws -> (outcome: Outcome, credentials: StoredCredentials?) {
        guard password.utf8.count <= AccountService.passwordBytesMax,
            let prepared = PreparedPassword(password)
        else { return (.refused, nil) }
        let login = host.login
        let record = try await host.loginRecord(of: account)
        let decoy = login.decoys.credentials(of: account, policy: login.policy.passwords)
        let check = PasswordCheck(
            account: account, password: prepared, credentials: record?.credentials ?? decoy)
        let isRight = try await login.workers.runIfActive {
            check.run(cache: login.cache, now: .now)
        }
        guard isRight, let record else { return (.refused, nil) }
        return record.isDisabled ? (.disabled, nil) : (.accepted, record.credentials)
    }
}
