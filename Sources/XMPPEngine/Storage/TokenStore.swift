import XMPPCore

/// The access tokens of the HTTP API; of their texts only digests.
package protocol TokenStore: Sendable {
    /// Keeps a token.
    ///
    /// - Parameters:
    ///   - token: What it is for.
    ///   - digest: SHA-256 of its text, by which it is found.
    ///   - ownedMax: Most tokens of one account.
    /// - Returns: `false` when the account has that many; nothing is kept then.
    /// - Throws: `.constraint` for an id or digest that is there already.
    func add(_ token: StoredToken, digest: [UInt8], ownedMax: Int) async throws(StorageError)
        -> Bool

    /// The token with that digest, expired or not; `nil` when there is none.
    func token(digest: [UInt8]) async throws(StorageError) -> StoredToken?

    /// Whether an account has a token with that id.
    func hasToken(_ id: String, of owner: BareJID) async throws(StorageError) -> Bool

    /// Tokens in the order of their ids.
    ///
    /// - Parameters:
    ///   - owner: Whose; `nil` for everybody's.
    ///   - id: Only those after this one; `nil` for the first.
    ///   - limit: Most tokens to return.
    /// - Returns: The tokens, expired ones too.
    /// - Throws: `.unavailable`, `.overloaded` and what else befalls any call.
    func tokens(of owner: BareJID?, after id: String?, limit: Int)
        async throws(StorageError) -> [StoredToken]

    /// Removes one token, of that owner if one is given; returns `false` when there was none.
    func remove(_ id: String, of owner: BareJID?) async throws(StorageError) -> Bool

    /// Removes what expired up to a moment; returns how many tokens there were.
    func removeExpired(at now: Timestamp) async throws(StorageError) -> Int
}

/// An access token without its text.
package struct StoredToken: Hashable, Sendable {
    /// Names it in lists; no secret.
    package let id: String
    /// The account that it acts for.
    package let owner: BareJID
    /// The words of its scope; none holds a blank.
    package let scopes: [String]
    package let createdAt: Timestamp
    package let expiresAt: Timestamp

    package init(
        id: String, owner: BareJID, scopes: [String], createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.id = id
        self.owner = owner
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
