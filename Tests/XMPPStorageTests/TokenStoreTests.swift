import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Access tokens in the store")
struct TokenStoreTests {
    private func token(
        _ id: String, of owner: String = "juliet@example.com", expires: Int64 = 5000
    ) throws -> StoredToken {
        StoredToken(
            id: id, owner: try jid(owner), scopes: ["status", "[tag:accounts]"],
            createdAt: Timestamp(milliseconds: 1000),
            expiresAt: Timestamp(milliseconds: expires))
    }

    @Test("A token is found by its digest, and by nothing else")
    func find() async throws {
        try await withStores { stores in
            let store = stores.tokens
            let first = try token("a")
            #expect(try await store.add(first, digest: [1, 2], ownedMax: 10))
            #expect(try await store.token(digest: [1, 2]) == first)
            #expect(try await store.token(digest: [1]) == nil)
            #expect(try await store.token(digest: []) == nil)
        }
    }

    @Test("An id or digest that is taken is refused, and nothing is kept")
    func duplicates() async throws {
        try await withStores { stores in
            let store = stores.tokens
            let first = try token("a")
            #expect(try await store.add(first, digest: [1], ownedMax: 10))
            await #expect(throws: StorageError.self) {
                _ = try await store.add(first, digest: [2], ownedMax: 10)
            }
            await #expect(throws: StorageError.self) {
                _ = try await store.add(token("b"), digest: [1], ownedMax: 10)
            }
            #expect(try await store.tokens(of: nil, after: nil, limit: 10) == [first])
        }
    }

    @Test("An account has so many tokens and no more; others still may")
    func limit() async throws {
        try await withStores { stores in
            let store = stores.tokens
            let first = try token("a")
            #expect(try await store.add(first, digest: [1], ownedMax: 1))
            #expect(try await !store.add(token("b"), digest: [2], ownedMax: 1))
            let other = try token("c", of: "romeo@example.com")
            #expect(try await store.add(other, digest: [3], ownedMax: 1))
        }
    }

    @Test("Lists go on after an id, and may be of one owner")
    func list() async throws {
        try await withStores { stores in
            let store = stores.tokens
            for (index, id) in ["c", "a", "b"].enumerated() {
                let owner = id == "b" ? "romeo@example.com" : "juliet@example.com"
                _ = try await store.add(
                    token(id, of: owner), digest: [UInt8(index)], ownedMax: 9)
            }
            #expect(try await store.tokens(of: nil, after: nil, limit: 2).map(\.id) == ["a", "b"])
            #expect(try await store.tokens(of: nil, after: "b", limit: 2).map(\.id) == ["c"])
            let juliet = try jid("juliet@example.com")
            #expect(
                try await store.tokens(of: juliet, after: nil, limit: 9).map(\.id) == ["a", "c"])
            #expect(try await store.tokens(of: nil, after: nil, limit: 0).isEmpty)
        }
    }

    @Test("Removed, expired, or gone with the account")
    func removal() async throws {
        try await withStores { stores in
            let store = stores.tokens
            let romeo = try jid("romeo@example.com")
            for (index, expires) in [2000, 3000, 9000, 9000].enumerated() {
                let owner = index == 3 ? romeo.text : "juliet@example.com"
                _ = try await store.add(
                    token("\(index)", of: owner, expires: Int64(expires)),
                    digest: [UInt8(index)], ownedMax: 9)
            }
            #expect(try await store.removeExpired(at: Timestamp(milliseconds: 3000)) == 2)
            #expect(try await !store.remove("2", of: romeo))
            #expect(try await store.remove("2", of: nil))
            #expect(try await !store.remove("2", of: nil))
            #expect(try await store.tokens(of: nil, after: nil, limit: 9).map(\.id) == ["3"])
            _ = try await stores.accountRemoval.removeEverything(of: romeo)
            #expect(try await store.tokens(of: nil, after: nil, limit: 9).isEmpty)
        }
    }
}
