import XMPPCore

/// The rosters of the served accounts (RFC 6121 §2).
package protocol RosterStore: Sendable {
    /// The whole roster, unlisted items too, in the order of the contacts' bytes.
    func roster(of account: BareJID) async throws(StorageError) -> Roster

    /// One item, listed or not; `nil` when the contact is unknown.
    func item(_ contact: BareJID, of account: BareJID) async throws(StorageError) -> RosterItem?

    /// Reads one item, decides, and writes what was decided, with no other write in between.
    ///
    /// - Parameters:
    ///   - contact: Whose item to read.
    ///   - account: Whose roster.
    ///   - itemsMax: Most items, listed or not; one more is refused.
    ///   - decide: Called once, on the database's thread: pure and quick. An item that it stores
    ///     must keep `contact`.
    /// - Returns: The item before and after, or `.full`.
    /// - Throws: `.constraint` for an unusable group or another contact.
    func edit(
        _ contact: BareJID, of account: BareJID, itemsMax: Int,
        by decide: @escaping @Sendable (RosterItem?) -> RosterEdit
    ) async throws(StorageError) -> RosterEditResult

    /// What a client that has a version lacks (RFC 6121 §2.6.3).
    func changes(of account: BareJID, since version: RosterVersion)
        async throws(StorageError) -> RosterChanges

    /// Removes the whole roster; returns `false` when there was none.
    func removeRoster(of account: BareJID) async throws(StorageError) -> Bool
}

extension RosterStore {
    /// Adds or replaces an item whatever was there before.
    package func upsert(_ item: RosterItem, of account: BareJID, itemsMax: Int)
        async throws(StorageError) -> RosterEditResult
    {
        try await edit(item.contact, of: account, itemsMax: itemsMax) { _ in .store(item) }
    }

    /// Removes an item; `previous` of the result is `nil` when there was none.
    package func remove(_ contact: BareJID, of account: BareJID)
        async throws(StorageError) -> RosterEditResult
    {
        try await edit(contact, of: account, itemsMax: .max) { _ in .remove }
    }
}

/// A roster at one moment.
package struct Roster: Equatable, Sendable {
    /// In the order of the contacts' bytes, unlisted ones too.
    package let items: [RosterItem]
    /// The version that these items make.
    package let version: RosterVersion
}

/// What to do with a roster item.
package enum RosterEdit: Equatable, Sendable {
    case keep
    case store(RosterItem)
    case remove
}

/// What came of editing a roster.
package enum RosterEditResult: Equatable, Sendable {
    /// The item before and after, and the roster's version after it.
    ///
    /// The version grows only when clients see a difference.
    case done(previous: RosterItem?, current: RosterItem?, version: RosterVersion)
    /// The roster has its most items and this would be one more, or no room for so long an item or
    /// request.
    case full
}

/// The difference between two versions of a roster.
package enum RosterChanges: Equatable, Sendable {
    case unchanged
    /// Listed items as they are now and contacts that are gone, oldest change first, each with
    /// the version to push it with.
    case changed([RosterChange])
    /// The version is unknown or too old: send everything.
    case sendAll
}

/// One change to push (RFC 6121 §2.6.3).
package struct RosterChange: Equatable, Sendable {
    /// Whose item changed.
    package let contact: BareJID
    /// `nil` when the contact was removed.
    package let item: RosterItem?
    /// The roster's version after this change.
    package let version: RosterVersion
}
