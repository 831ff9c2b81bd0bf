import XMPPCore

/// The accounts' vCards (XEP-0054).
package protocol VCardStore: Sendable {
    /// Canonical bytes of the `<vCard/>`, or `nil` when none is stored.
    func vCard(of account: BareJID) async throws(StorageError) -> [UInt8]?

    /// Replaces the vCard.
    func storeVCard(_ content: [UInt8], of account: BareJID) async throws(StorageError)

    /// Removes the vCard; returns `false` when there was none.
    func removeVCard(of account: BareJID) async throws(StorageError) -> Bool
}
