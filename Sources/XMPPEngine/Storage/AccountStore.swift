import XMPPCore

/// The accounts of the served hosts and what they log in with.
package protocol AccountStore: Sendable {
    /// Makes an account, empty of whatever an earlier account of that address left behind.
    ///
    /// - Parameters:
    ///   - account: Must have a localpart.
    ///   - credentials: Opaque to the store.
    /// - Returns: `.conflict` when the account exists; it is left as it was.
    /// - Throws: `.constraint` for a bare domain.
    func create(_ account: BareJID, credentials: String) async throws(StorageError)
        -> AccountCreation

    /// Whether the account exists, disabled or not.
    func exists(_ account: BareJID) async throws(StorageError) -> Bool

    /// All that a login needs to know; `nil` when there is no such account.
    func record(of account: BareJID) async throws(StorageError) -> AccountRecord?

    /// Replaces what the account logs in with; its access tokens are removed with it.
    ///
    /// Returns `false` when there is no such account.
    func replaceCredentials(of account: BareJID, with credentials: String)
        async throws(StorageError) -> Bool

    /// Locks an account out and removes its access tokens, or lets it in again; a repeated lock
    /// keeps the first moment.
    ///
    /// Returns `false` when there is no such account.
    func setDisabled(_ isDisabled: Bool, _ account: BareJID) async throws(StorageError) -> Bool

    /// Deletes the account but nothing else of it; see ``AccountRemoval``.
    ///
    /// Returns `false` when there was no such account.
    func delete(_ account: BareJID) async throws(StorageError) -> Bool

    /// How many accounts a host has, without counting them one by one.
    func count(on host: BareJID) async throws(StorageError) -> Int

    /// One page of a host's accounts in the order of their localparts' bytes.
    ///
    /// The cost of a page does not depend on how many accounts precede it.
    ///
    /// - Parameters:
    ///   - host: A served domain.
    ///   - filter: Which localparts to list.
    ///   - cursor: `next` of the page before; `nil` for the first.
    ///   - limit: Most accounts on the page; 1 to 1000, others are moved into that range.
    /// - Returns: The accounts and where the next page begins.
    /// - Throws: `.unavailable`, `.overloaded` and what else befalls any call.
    func accounts(
        on host: BareJID, matching filter: AccountFilter, after cursor: AccountCursor?, limit: Int
    ) async throws(StorageError) -> AccountPage
}

/// What came of creating an account.
package enum AccountCreation: Equatable, Sendable {
    case created
    case conflict
}

/// An account as it is stored.
package struct AccountRecord: Equatable, Sendable {
    /// Where it receives and what it logs in as.
    package let account: BareJID
    /// As given by whoever created or changed them.
    package let credentials: String
    /// When it was registered.
    package let createdAt: Timestamp
    /// When the account was locked out; `nil` when it may log in.
    package let disabledAt: Timestamp?

    /// Whether the account may not log in.
    package var isDisabled: Bool { disabledAt != nil }
}

/// Which accounts of a host to list.
package enum AccountFilter: Equatable, Sendable {
    case all
    /// Localparts that begin with this text; letter case is ignored.
    case prefix(String)
    /// Localparts with this text in them; letter case is ignored.
    ///
    /// A page looks at a bounded number of accounts, so it may be short or empty and still have a
    /// `next`.
    case containing(String)
}

/// Where a listing goes on.
package struct AccountCursor: Hashable, Sendable {
    /// The localpart after which the next page begins.
    package let localpart: String

    /// Goes on after a localpart, which need not exist.
    package init(localpart: String) { self.localpart = localpart }
}

/// One page of a listing of accounts.
package struct AccountPage: Equatable, Sendable {
    /// In the order of their localparts' bytes.
    package let accounts: [AccountSummary]
    /// `nil` when nothing follows.
    package let next: AccountCursor?
}

/// A line in a listing of accounts.
package struct AccountSummary: Equatable, Sendable {
    /// Where it receives and what it logs in as.
    package let account: BareJID
    /// When it was registered.
    package let createdAt: Timestamp
    /// When the account was locked out; `nil` when it may log in.
    package let disabledAt: Timestamp?
}
