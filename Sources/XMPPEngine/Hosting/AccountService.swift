import NIOCore
import NIOPosix
import Synchronization
import XMPPCore
import XMPPStorage

/// Makes, changes and removes the accounts of one host: for registration, commands and console.
package struct AccountService: Sendable {
    package enum Outcome: Sendable, Equatable {
        case done
        /// An account or, for the moment, a guest has the name.
        case exists
        case notFound
        /// A name or password that cannot be used; the text says why.
        case unusable(String)
    }

    /// Longest password taken, in bytes of UTF-8.
    package static let passwordBytesMax = 1024

    let host: VirtualHost

    package init(_ host: VirtualHost) { self.host = host }

    package func create(_ name: String, password: String) async throws -> Outcome {
        guard let account = BareJID(localpart: name, domainpart: host.domain) else {
            return .unusable("not a name that an account can have")
        }
        guard try await !host.stores.accounts.exists(account), !host.guests.contains(account)
        else { return .exists }
        guard let credentials = try await credentials(password) else {
            return .unusable("not a password that can be used")
        }
        return try await inTurn(account) { try await create(account, credentials) }
    }

    private func create(
        _ account: BareJID, _ credentials: StoredCredentials
    ) async throws -> Outcome {
        let created = try await host.stores.accounts.create(
            account, credentials: credentials.encoded)
        guard created == .created else { return .exists }
        host.revokeGuest(account)
        for hook in host.hooks.accountCreated.handlers { await hook(account) }
        return .done
    }

    /// Gives an account another password; its access tokens and console sessions end, its streams
    /// go on.
    package func changePassword(of account: BareJID, to password: String) async throws -> Outcome {
        guard let credentials = try await credentials(password) else {
            return .unusable("not a password that can be used")
        }
        let changed = try await host.stores.accounts.replaceCredentials(
            of: account, with: credentials.encoded)
        guard changed else { return .notFound }
        endAccess(of: account)
        return .done
    }

    private func endAccess(of account: BareJID) {
        for hook in host.hooks.accessEnded.handlers { hook(account) }
    }

    /// Removes the account with everything it owns; its contacts are told, its sessions end.
    ///
    /// - Parameters:
    ///   - account: With or without sessions.
    ///   - sparing: A session that is to end by itself, after its answer.
    /// - Returns: `.notFound` when there is no such account.
    /// - Throws: What the store says.
    package func remove(_ account: BareJID, sparing: ClientResource? = nil) async throws -> Outcome
    {
        try await inTurn(account) { try await removeNow(account, sparing) }
    }

    private func removeNow(
        _ account: BareJID, _ sparing: ClientResource?
    ) async throws -> Outcome {
        guard try await host.stores.accounts.exists(account) else { return .notFound }
        try await host.presence.endAllSubscriptions(of: account)
        _ = try await host.stores.accountRemoval.removeEverything(of: account)
        endAccess(of: account)
        for hook in host.hooks.accountRemoved.handlers { await hook(account) }
        host.endStreams(
            of: account, StreamError(.notAuthorized, "the account was removed"), sparing: sparing)
        return .done
    }

    /// Locks an account out and ends its sessions and access tokens, or lets it in again; all else
    /// that it owns stays.
    ///
    /// - Parameters:
    ///   - isDisabled: Whether it may not log in.
    ///   - account: Of this host.
    ///   - reason: Told to its clients as their streams end; none when empty.
    /// - Returns: `.notFound` when there is no such account.
    /// - Throws: What the store says.
    package func setDisabled(
        _ isDisabled: Bool, of account: BareJID, reason: String = ""
    ) async throws -> Outcome {
        try await inTurn(account) {
            guard try await host.stores.accounts.setDisabled(isDisabled, account) else {
                return .notFound
            }
            guard isDisabled else { return .done }
            endAccess(of: account)
            let text = reason.isEmpty ? "the account is disabled" : reason
            host.endStreams(of: account, StreamError(.notAuthorized, text))
            return .done
        }
    }

    /// Runs a change of an account after those that were asked for before.
    private func inTurn(
        _ account: BareJID, _ change: () async throws -> Outcome
    ) async throws -> Outcome {
        guard await host.accountTurns.take(account) else { throw StorageError.overloaded }
        defer { host.accountTurns.give(account) }
        return try await change()
    }

    /// Derives what is stored, off the event loops; `nil` for an unusable password.
    private func credentials(_ password: String) async throws -> StoredCredentials? {
        guard (1...Self.passwordBytesMax).contains(password.utf8.count),
            let prepared = PreparedPassword(password)
        else { return nil }
        let policy = host.login.policy.passwords
        return try await host.login.workers.runIfActive {
            PasswordHasher.derive(prepared, policy: policy, random: SecureRandom.bytes)
        }
    }
}
