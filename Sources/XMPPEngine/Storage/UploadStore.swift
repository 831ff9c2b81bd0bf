import XMPPCore

/// A file that an account may upload or has uploaded (XEP-0363).
package struct Upload: Equatable, Sendable {
    /// What it is for, which decides how long it is kept (XEP-0363 §5).
    package enum Purpose: String, CaseIterable, Sendable {
        case message, profile, ephemeral, permanent

        /// Whether age and the soft quota leave it alone.
        package var isKept: Bool { self == .profile || self == .permanent }
    }

    /// Long and random: who knows it may have the file.
    package let id: String
    package let owner: BareJID
    /// The served domain whose service gave the slot.
    package let host: String
    /// The folder of the owner: one step of a path and of the address.
    package let folder: String
    /// The file's name: one step of a path and of the address.
    package let name: String
    /// Bytes, as promised when the slot was asked for.
    package let size: Int64
    /// The media type; `nil` when the client named none.
    package var contentType: String?
    package let purpose: Purpose
    /// Until when the upload may begin.
    package let slotEndsAt: Timestamp
    /// When all of it had arrived; `nil` before.
    package var storedAt: Timestamp?
    /// When it must not be given out any more; `nil` when it may stay.
    package let expiresAt: Timestamp?

    package init(
        id: String, owner: BareJID, host: String, folder: String, name: String, size: Int64,
        contentType: String?, purpose: Purpose, slotEndsAt: Timestamp,
        storedAt: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.owner = owner
        self.host = host
        self.folder = folder
        self.name = name
        self.size = size
        self.contentType = contentType
        self.purpose = purpose
        self.slotEndsAt = slotEndsAt
        self.storedAt = storedAt
        self.expiresAt = expiresAt
    }
}

/// How many bytes the files of an account may take.
package struct UploadQuota: Equatable, Sendable {
    /// What the oldest files are removed down to; `nil` removes none.
    package var softBytes: Int64?
    /// What is never passed; `nil` is no limit.
    package var hardBytes: Int64?

    package static let none = UploadQuota()

    package init(softBytes: Int64? = nil, hardBytes: Int64? = nil) {
        self.softBytes = softBytes
        self.hardBytes = hardBytes
    }

    /// More than this has the oldest files removed; `nil` never has.
    package var trimsAbove: Int64? { softBytes.map { max($0, hardBytes ?? $0) } }
}

/// Whether an account got a slot.
package enum UploadAdmission: Equatable, Sendable {
    case opened
    /// It has its most slots open; the first of them ends then.
    case tooManySlots(until: Timestamp)
    /// The file would not fit below the hard quota; room may come when a slot ends, or not.
    case noRoom(until: Timestamp?)
}

/// Which files go when the store is tidied.
package struct UploadRemoval: Equatable, Sendable {
    package var now: Timestamp
    /// Files stored before that go; `nil` keeps them.
    package var storedBefore: Timestamp?
    /// Whether files of removed accounts go.
    package var takesOrphans: Bool

    package init(now: Timestamp, storedBefore: Timestamp? = nil, takesOrphans: Bool) {
        self.now = now
        self.storedBefore = storedBefore
        self.takesOrphans = takesOrphans
    }
}

/// What is known of uploaded files; the files themselves are elsewhere.
package protocol UploadStore: Sendable {
    /// Opens a slot, unless the account has too many or its quota is used up.
    ///
    /// Slots that are open count as if their files were there already.
    func open(
        _ upload: Upload, quota: UploadQuota, slotsMax: Int, now: Timestamp
    ) async throws(StorageError) -> UploadAdmission

    /// A slot or file; `nil` for unknown and removed ones.
    func upload(_ id: String) async throws(StorageError) -> Upload?

    /// Notes that the file is there, and removes the account's oldest ones by the quota.
    ///
    /// - Parameters:
    ///   - id: Of the slot.
    ///   - contentType: Replaces that of the slot, unless `nil`.
    ///   - quota: Of the owner.
    ///   - now: The moment to note.
    /// - Returns: How many older files are to be removed from the disk; `nil` when there is no such
    ///   slot, or its file is there already.
    /// - Throws: `.unavailable`, `.overloaded` and what else befalls any call.
    func complete(
        _ id: String, contentType: String?, quota: UploadQuota, now: Timestamp
    ) async throws(StorageError) -> Int?

    /// Removes a file, from now on unknown to `upload`.
    func remove(_ id: String) async throws(StorageError)

    /// What is to be removed from the disk now, at most so many.
    func removable(
        _ host: String, _ removal: UploadRemoval, limit: Int
    ) async throws(StorageError) -> [Upload]

    /// Forgets files that are gone from the disk.
    func forget(_ ids: [String]) async throws(StorageError)

    /// Bytes of the account's files and open slots.
    func bytes(of owner: BareJID, now: Timestamp) async throws(StorageError) -> Int64
}
