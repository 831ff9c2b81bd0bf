import XMPPCore

/// Removes all that is stored of an account, whichever store keeps it.
package protocol AccountRemoval: Sendable {
    /// Removes the account and everything it owns in one transaction.
    ///
    /// Other accounts' rosters keep the address: telling them is the subscription protocol's work.
    ///
    /// Returns `false` when nothing at all was stored.
    func removeEverything(of account: BareJID) async throws(StorageError) -> Bool

    /// Removes what is stored under an address that no account has, in one transaction.
    ///
    /// Returns `false`, with nothing removed, when an account has it.
    func removeLeftovers(of address: BareJID) async throws(StorageError) -> Bool
}
