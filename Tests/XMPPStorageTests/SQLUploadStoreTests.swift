import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Uploaded files in SQL")
struct SQLUploadStoreTests {
    private static let now = Timestamp(milliseconds: 1_000_000)
    private static let later = Timestamp(milliseconds: 9_000_000)

    private func upload(
        _ id: String, size: Int64 = 100, owner: String = "romeo@example.com",
        purpose: Upload.Purpose = .message, endsAt: Timestamp = later,
        expiresAt: Timestamp? = nil
    ) throws -> Upload {
        Upload(
            id: id, owner: try jid(owner), host: "example.com", folder: "f", name: "n.txt",
            size: size, contentType: "text/plain", purpose: purpose, slotEndsAt: endsAt,
            expiresAt: expiresAt)
    }

    /// Opens a slot and completes it, at that moment.
    private func store(
        _ stores: Stores, _ upload: Upload, quota: UploadQuota = .none, at moment: Int64
    ) async throws -> Int? {
        _ = try await stores.uploads.open(upload, quota: .none, slotsMax: 100, now: Self.now)
        return try await stores.uploads.complete(
            upload.id, contentType: nil, quota: quota, now: Timestamp(milliseconds: moment))
    }

    private func removable(
        _ stores: Stores, _ removal: UploadRemoval, limit: Int = 100
    ) async throws -> [String] {
        try await stores.uploads.removable("example.com", removal, limit: limit).map(\.id).sorted()
    }

    @Test("A slot comes back as it was opened, and with the moment when its file was there")
    func roundTrip() async throws {
        try await withStores { stores in
            let slot = try upload("a", purpose: .ephemeral, expiresAt: Self.later)
            let opened = try await stores.uploads.open(
                slot, quota: .none, slotsMax: 1, now: Self.now)
            #expect(opened == .opened)
            #expect(try await stores.uploads.upload("a") == slot)
            #expect(try await stores.uploads.upload("b") == nil)
            let removed = try await stores.uploads.complete(
                "a", contentType: "image/png", quota: .none, now: Self.later)
            #expect(removed == 0)
            let stored = try await stores.uploads.upload("a")
            #expect(stored?.storedAt == Self.later)
            #expect(stored?.contentType == "image/png")
        }
    }

    @Test("A file is noted once")
    func completesOnce() async throws {
        try await withStores { stores in
            #expect(try await store(stores, try upload("a"), at: 1) == 0)
            let again = try await stores.uploads.complete(
                "a", contentType: nil, quota: .none, now: Self.now)
            #expect(again == nil)
            let unknown = try await stores.uploads.complete(
                "b", contentType: nil, quota: .none, now: Self.now)
            #expect(unknown == nil)
        }
    }

    @Test("An account has so many slots open and no more, until one ends or is used")
    func slotsMax() async throws {
        try await withStores { stores in
            let uploads = stores.uploads
            for id in ["a", "b"] {
                _ = try await uploads.open(
                    try upload(id), quota: .none, slotsMax: 2, now: Self.now)
            }
            let third = try upload("c")
            let refused = try await uploads.open(
                third, quota: .none, slotsMax: 2, now: Self.now)
            #expect(refused == .tooManySlots(until: Self.later))
            let other = try await uploads.open(
                try upload("d", owner: "juliet@example.com"), quota: .none, slotsMax: 2,
                now: Self.now)
            #expect(other == .opened)
            _ = try await uploads.complete("a", contentType: nil, quota: .none, now: Self.now)
            #expect(
                try await uploads.open(third, quota: .none, slotsMax: 2, now: Self.now) == .opened)
            let ended = Timestamp(milliseconds: 9_000_001)
            #expect(
                try await uploads.open(
                    try upload("e"), quota: .none, slotsMax: 1, now: ended) == .opened)
        }
    }

    @Test("Beyond the hard quota there is no slot; open slots count")
    func hardQuota() async throws {
        try await withStores { stores in
            let quota = UploadQuota(hardBytes: 250)
            _ = try await store(stores, try upload("a"), at: 1)
            let second = try await stores.uploads.open(
                try upload("b"), quota: quota, slotsMax: 9, now: Self.now)
            #expect(second == .opened)
            let third = try await stores.uploads.open(
                try upload("c"), quota: quota, slotsMax: 9, now: Self.now)
            #expect(third == .noRoom(until: Self.later))
            let small = try await stores.uploads.open(
                try upload("d", size: 50), quota: quota, slotsMax: 9, now: Self.now)
            #expect(small == .opened)
            #expect(
                try await stores.uploads.bytes(of: try jid("romeo@example.com"), now: Self.now)
                    == 250)
        }
    }

    @Test("A file larger than the hard quota never fits, and nobody says when")
    func tooLargeForQuota() async throws {
        try await withStores { stores in
            let refused = try await stores.uploads.open(
                try upload("a", size: 300), quota: UploadQuota(softBytes: 100, hardBytes: 250),
                slotsMax: 9, now: Self.now)
            #expect(refused == .noRoom(until: nil))
        }
    }

    @Test("Beyond the soft quota the oldest files go, the new one and kept ones stay")
    func softQuota() async throws {
        try await withStores { stores in
            let quota = UploadQuota(softBytes: 250)
            _ = try await store(stores, try upload("avatar", purpose: .profile), at: 1)
            _ = try await store(stores, try upload("first"), quota: quota, at: 2)
            #expect(try await store(stores, try upload("second"), quota: quota, at: 3) == 1)
            #expect(try await stores.uploads.upload("first") == nil)
            #expect(try await stores.uploads.upload("avatar") != nil)
            #expect(try await store(stores, try upload("third"), quota: quota, at: 4) == 1)
            #expect(try await stores.uploads.upload("third") != nil)
            let gone = try await removable(
                stores, UploadRemoval(now: Self.now, takesOrphans: false))
            #expect(gone == ["first", "second"])
        }
    }

    @Test("With both quotas nothing goes before the hard one, and then down to the soft one")
    func bothQuotas() async throws {
        try await withStores { stores in
            let quota = UploadQuota(softBytes: 150, hardBytes: 350)
            for (moment, id) in ["a", "b", "c"].enumerated() {
                let removed = try await store(
                    stores, try upload(id), quota: quota, at: Int64(moment))
                #expect(removed == 0)
            }
            #expect(try await store(stores, try upload("d"), quota: quota, at: 9) == 3)
            #expect(try await stores.uploads.upload("d") != nil)
        }
    }

    @Test("What is tidied: ended slots, expired, old and orphaned files, each by its rule")
    func removal() async throws {
        try await withStores { stores in
            let day = Timestamp(milliseconds: 86_400_000 * 3)
            _ = try await stores.uploads.open(
                try upload("slot"), quota: .none, slotsMax: 9, now: Self.now)
            _ = try await store(
                stores, try upload("expired", expiresAt: Timestamp(milliseconds: 5)), at: 1)
            _ = try await store(stores, try upload("old"), at: 2)
            _ = try await store(stores, try upload("kept", purpose: .permanent), at: 2)
            _ = try await store(stores, try upload("orphan", owner: "mab@example.com"), at: 900)
            _ = try await stores.accounts.create(
                try jid("mab@example.com"), credentials: "-")
            _ = try await stores.accountRemoval.removeEverything(of: try jid("mab@example.com"))
            func ids(_ removal: UploadRemoval) async throws -> [String] {
                try await removable(stores, removal)
            }
            #expect(
                try await ids(UploadRemoval(now: Self.now, takesOrphans: false)) == ["expired"])
            #expect(
                try await ids(UploadRemoval(now: day, takesOrphans: false)) == ["expired", "slot"])
            #expect(
                try await ids(UploadRemoval(now: Self.now, takesOrphans: true))
                    == ["expired", "orphan"])
            let old = UploadRemoval(
                now: Self.now, storedBefore: Timestamp(milliseconds: 3), takesOrphans: false)
            #expect(try await ids(old) == ["expired", "old"])
            #expect(try await removable(stores, old, limit: 1).count == 1)
            try await stores.uploads.forget(["expired", "old"])
            #expect(try await ids(old).isEmpty)
        }
    }

    @Test("A new account of a removed one's name is not charged for its files")
    func orphansAreNotCounted() async throws {
        try await withStores { stores in
            let owner = try jid("romeo@example.com")
            _ = try await stores.accounts.create(owner, credentials: "-")
            _ = try await store(stores, try upload("a"), at: 1)
            _ = try await stores.accountRemoval.removeEverything(of: owner)
            #expect(try await stores.uploads.bytes(of: owner, now: Self.now) == 0)
            #expect(try await stores.uploads.upload("a") != nil)
        }
    }

    @Test("Names of any kind come back unharmed", arguments: awkwardTexts)
    func awkwardNames(text: String) async throws {
        try await withStores { stores in
            let slot = Upload(
                id: "x" + text, owner: try jid("romeo@example.com"), host: "example.com",
                folder: text, name: text, size: 1, contentType: text, purpose: .message,
                slotEndsAt: Self.later)
            _ = try await stores.uploads.open(slot, quota: .none, slotsMax: 9, now: Self.now)
            #expect(try await stores.uploads.upload("x" + text) == slot)
        }
    }
}
