import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Listing of accounts")
struct AccountListingTests {
    /// Makes `user0` to `user<count - 1>`.
    private func fill(_ accounts: any AccountStore, count: Int) async throws {
        let names = (0..<count).map { "user\($0)@example.com" }
        let addresses = try names.map(jid)
        await withTaskGroup { group in
            for address in addresses {
                group.addTask { _ = try? await accounts.create(address, credentials: "") }
            }
        }
        #expect(try await accounts.count(on: try jid("example.com")) == count)
    }

    private func all(
        _ filter: AccountFilter, in accounts: any AccountStore, limit: Int
    ) async throws -> [String] {
        var names: [String] = []
        var cursor: AccountCursor?
        repeat {
            let page = try await accounts.accounts(
                on: try jid("example.com"), matching: filter, after: cursor, limit: limit)
            #expect(page.accounts.count <= limit)
            names += page.accounts.compactMap(\.account.localpart)
            cursor = page.next
        } while cursor != nil
        return names
    }

    @Test("10 000 accounts are listed page by page, each once, in order")
    func pages() async throws {
        try await withStores { stores in
            try await fill(stores.accounts, count: 10_000)
            let listed = try await all(.all, in: stores.accounts, limit: 333)
            #expect(listed == (0..<10_000).map { "user\($0)" }.sorted())
            let prefixed = try await all(.prefix("USER12"), in: stores.accounts, limit: 7)
            #expect(prefixed.count == 111)
            #expect(prefixed.allSatisfy { $0.hasPrefix("user12") })
            let containing = try await all(.containing("99"), in: stores.accounts, limit: 50)
            let expected = (0..<10_000).map { "user\($0)" }.filter { $0.contains("99") }
            #expect(containing == expected.sorted())
        }
    }

    @Test("A page that ends with the last account has no next")
    func lastPage() async throws {
        try await withStores { stores in
            try await fill(stores.accounts, count: 10)
            let page = try await stores.accounts.accounts(
                on: try jid("example.com"), matching: .all, after: nil, limit: 10)
            #expect(page.accounts.count == 10)
            #expect(page.next == nil)
        }
    }

    @Test("An account deleted between two pages neither repeats nor hides another")
    func deletionBetweenPages() async throws {
        try await withStores { stores in
            try await fill(stores.accounts, count: 6)
            let host = try jid("example.com")
            let first = try await stores.accounts.accounts(
                on: host, matching: .all, after: nil, limit: 3)
            _ = try await stores.accounts.delete(try jid("user0@example.com"))
            _ = try await stores.accounts.delete(try jid("user2@example.com"))
            let second = try await stores.accounts.accounts(
                on: host, matching: .all, after: first.next, limit: 3)
            #expect(second.accounts.compactMap(\.account.localpart) == ["user3", "user4", "user5"])
        }
    }

    @Test("Characters that mean something in a pattern are plain text", arguments: ["%", "_", "!"])
    func escapes(_ special: String) async throws {
        try await withStores { stores in
            for name in ["a%b", "a_b", "a!b", "axb"] {
                let account = try #require(BareJID(localpart: name, domainpart: "example.com"))
                _ = try await stores.accounts.create(account, credentials: "")
            }
            let found = try await all(.containing(special), in: stores.accounts, limit: 10)
            #expect(found == ["a\(special)b"])
        }
    }

    @Test("A host without accounts, an unknown prefix and a limit out of range give small pages")
    func empty() async throws {
        try await withStores { stores in
            try await fill(stores.accounts, count: 3)
            let nowhere = try await stores.accounts.accounts(
                on: try jid("nowhere.example"), matching: .all, after: nil, limit: 10)
            #expect(nowhere == AccountPage(accounts: [], next: nil))
            #expect(try await all(.prefix("zz'"), in: stores.accounts, limit: 10) == [])
            let page = try await stores.accounts.accounts(
                on: try jid("example.com"), matching: .all, after: nil, limit: -5)
            #expect(page.accounts.count == 1)
        }
    }

    @Test("Localparts beyond ASCII are listed and found")
    func unicode() async throws {
        try await withStores { stores in
            let zoe = try jid("zoë@example.com")
            _ = try await stores.accounts.create(zoe, credentials: "")
            #expect(try await all(.prefix("ZO"), in: stores.accounts, limit: 10) == ["zoë"])
            #expect(try await all(.containing("Ë"), in: stores.accounts, limit: 10) == ["zoë"])
        }
    }
}
