import XMPPCore

/// When accounts were last connected (XEP-0012 §4).
package protocol LastActivityStore: Sendable {
    /// `nil` for an account that never left.
    func lastActivity(of account: BareJID) async throws(StorageError) -> LastActivity?

    /// Remembers a departure; an earlier one than is stored changes nothing.
    func storeLastActivity(_ activity: LastActivity, of account: BareJID)
        async throws(StorageError)
}

/// How an account's last session ended.
package struct LastActivity: Equatable, Sendable {
    /// When the session ended.
    package let leftAt: Timestamp
    /// Text of the last unavailable presence; empty when it had none.
    package let status: String

    /// Makes the record of a departure.
    package init(leftAt: Timestamp, status: String) {
        self.leftAt = leftAt
        self.status = status
    }
}
