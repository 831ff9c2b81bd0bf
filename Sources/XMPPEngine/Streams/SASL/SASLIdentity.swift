import XMPPCore

/// Who has logged in.
package struct SASLIdentity: Hashable, Sendable {
    /// Bare address on the stream's host, prepared.
    package let account: BareJID
    /// Whether the account was made up for this login and ends with it (XEP-0175).
    package let isAnonymous: Bool
}
