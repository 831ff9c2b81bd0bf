import XMPPCore

/// Messages that wait for their account's next session (XEP-0160).
package protocol OfflineMessageStore: Sendable {
    /// Keeps a message behind all that wait already.
    ///
    /// - Parameters:
    ///   - stanza: Canonical bytes of the whole message.
    ///   - account: Whom it waits for.
    ///   - storedAt: When the server took it, for the delay stamp (XEP-0203).
    ///   - expiresAt: When it loses its sense; `nil` for never.
    ///   - messagesMax: Most messages that may wait, expired ones included.
    /// - Returns: The id of the message, or `.full`.
    /// - Throws: `.unavailable`, `.overloaded` and what else befalls any call.
    func append(
        _ stanza: [UInt8], for account: BareJID, storedAt: Timestamp, expiresAt: Timestamp?,
        messagesMax: Int
    ) async throws(StorageError) -> OfflineAppend

    /// Messages that wait and have not expired, oldest first.
    ///
    /// - Parameters:
    ///   - account: Whom they wait for.
    ///   - id: Only later ones than this; `nil` for the first.
    ///   - limit: Most messages to return.
    /// - Returns: The messages with when they were stored.
    /// - Throws: `.unavailable`, `.overloaded` and what else befalls any call.
    func messages(for account: BareJID, after id: OfflineMessageID?, limit: Int)
        async throws(StorageError) -> [OfflineMessage]

    /// Removes all messages up to one that was delivered; returns how many there were.
    ///
    /// A message that came in since has a greater id and stays.
    func remove(upTo id: OfflineMessageID, for account: BareJID) async throws(StorageError) -> Int

    /// How many messages wait and have not expired.
    func count(for account: BareJID) async throws(StorageError) -> Int

    /// Removes, in steps that let other writes pass, what expired or is too old.
    ///
    /// - Parameters:
    ///   - now: What expired up to this moment goes.
    ///   - oldest: What was stored before this moment goes; `nil` keeps all.
    /// - Returns: How many messages went.
    /// - Throws: `.unavailable`, `.overloaded` and what else befalls any call.
    func removeExpired(at now: Timestamp, storedBefore oldest: Timestamp?)
        async throws(StorageError) -> Int
}

/// What came of keeping a message.
package enum OfflineAppend: Equatable, Sendable {
    case stored(OfflineMessageID)
    /// The account has its most messages; the sender is told (XEP-0160 §3).
    case full
}

/// Names a waiting message; later ones are greater, and none is used twice.
package struct OfflineMessageID: Hashable, Comparable, Sendable {
    /// Counts up over all accounts, with gaps.
    package let number: Int64

    /// Names a message by its number.
    package init(number: Int64) { self.number = number }

    /// Orders by arrival.
    package static func < (left: OfflineMessageID, right: OfflineMessageID) -> Bool {
        left.number < right.number
    }
}

/// A message that waits.
package struct OfflineMessage: Equatable, Sendable {
    /// What to remove it by.
    package let id: OfflineMessageID
    /// Canonical bytes of the whole message, without a delay stamp of this server.
    package let stanza: [UInt8]
    /// When the server took it, for the delay stamp.
    package let storedAt: Timestamp
}
