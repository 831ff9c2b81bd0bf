import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Account store")
struct SQLAccountStoreTests {
    @Test("A created account is found with its credentials and its birthday")
    func creates() async throws {
        try await withStores(clock: TestClock(42)) { stores in
            let juliet = try jid("juliet@example.com")
            #expect(try await stores.accounts.create(juliet, credentials: "s3cret'\"🔑") == .created)
            #expect(try await stores.accounts.exists(juliet))
            let record = try #require(try await stores.accounts.record(of: juliet))
            #expect(record.credentials == "s3cret'\"🔑")
            #expect(record.createdAt == Timestamp(milliseconds: 42))
            #expect(!record.isDisabled)
        }
    }

    @Test("A second account of the same address is a conflict and changes nothing")
    func refusesDuplicate() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            _ = try await stores.accounts.create(juliet, credentials: "first")
            #expect(try await stores.accounts.create(juliet, credentials: "second") == .conflict)
            #expect(try await stores.accounts.record(of: juliet)?.credentials == "first")
            #expect(try await stores.accounts.count(on: juliet.domain) == 1)
        }
    }

    @Test("Of many who create one account at once, one succeeds")
    func createsOnce() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let created = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        (try? await stores.accounts.create(juliet, credentials: "\(number)"))
                            == .created
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(created == 1)
        }
    }

    @Test("A bare domain is no account")
    func refusesDomain() async throws {
        try await withStores { stores in
            let domain = try jid("example.com")
            await #expect(throws: StorageError.constraint("an account has a localpart")) {
                try await stores.accounts.create(domain, credentials: "")
            }
            #expect(try await stores.accounts.exists(domain) == false)
            #expect(try await stores.accounts.record(of: domain) == nil)
            #expect(try await stores.accounts.delete(domain) == false)
        }
    }

    @Test("Nothing happens to an account that does not exist")
    func missing() async throws {
        try await withStores { stores in
            let nobody = try jid("nobody@example.com")
            #expect(try await stores.accounts.exists(nobody) == false)
            #expect(try await stores.accounts.record(of: nobody) == nil)
            #expect(
                try await stores.accounts.replaceCredentials(of: nobody, with: "x") == false)
            #expect(try await stores.accounts.setDisabled(true, nobody) == false)
            #expect(try await stores.accounts.setDisabled(false, nobody) == false)
            #expect(try await stores.accounts.delete(nobody) == false)
            #expect(try await stores.accounts.count(on: nobody.domain) == 0)
        }
    }

    @Test("Credentials are replaced, whatever characters they hold", arguments: awkwardTexts)
    func replacesCredentials(_ text: String) async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            _ = try await stores.accounts.create(juliet, credentials: "old")
            #expect(try await stores.accounts.replaceCredentials(of: juliet, with: text))
            #expect(try await stores.accounts.record(of: juliet)?.credentials == text)
        }
    }

    @Test("A locked account keeps the moment of its first lock until it is let in")
    func disables() async throws {
        let clock = TestClock(100)
        try await withStores(clock: clock) { stores in
            let juliet = try jid("juliet@example.com")
            _ = try await stores.accounts.create(juliet, credentials: "")
            #expect(try await stores.accounts.setDisabled(true, juliet))
            clock.set(200)
            #expect(try await stores.accounts.setDisabled(true, juliet))
            let moment = try await stores.accounts.record(of: juliet)?.disabledAt
            #expect(moment == Timestamp(milliseconds: 100))
            #expect(try await stores.accounts.setDisabled(false, juliet))
            #expect(try await stores.accounts.record(of: juliet)?.isDisabled == false)
        }
    }

    @Test("Access tokens end with the password and with a lock, those of others stay")
    func endsTokens() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let romeo = try jid("romeo@example.com")
            func issue(_ id: String, _ owner: BareJID) async throws {
                let token = StoredToken(
                    id: id, owner: owner, scopes: [], createdAt: Timestamp(milliseconds: 1),
                    expiresAt: Timestamp(milliseconds: 2))
                #expect(try await stores.tokens.add(token, digest: Array(id.utf8), ownedMax: 9))
            }
            func left() async throws -> [String] {
                try await stores.tokens.tokens(of: nil, after: nil, limit: 9).map(\.id)
            }
            for account in [juliet, romeo] {
                _ = try await stores.accounts.create(account, credentials: "old")
            }
            try await issue("a", juliet)
            try await issue("b", juliet)
            try await issue("c", romeo)
            _ = try await stores.accounts.setDisabled(false, juliet)
            #expect(try await left() == ["a", "b", "c"])
            _ = try await stores.accounts.replaceCredentials(of: juliet, with: "new")
            #expect(try await left() == ["c"])
            try await issue("d", juliet)
            _ = try await stores.accounts.setDisabled(true, juliet)
            #expect(try await left() == ["c"])
        }
    }

    @Test("Hosts are counted apart, and deletion is counted too")
    func countsByHost() async throws {
        try await withStores { stores in
            for address in ["a@one.example", "b@one.example", "a@two.example"] {
                _ = try await stores.accounts.create(try jid(address), credentials: "")
            }
            #expect(try await stores.accounts.count(on: try jid("one.example")) == 2)
            #expect(try await stores.accounts.delete(try jid("a@one.example")))
            #expect(try await stores.accounts.count(on: try jid("one.example")) == 1)
            #expect(try await stores.accounts.count(on: try jid("two.example")) == 1)
            #expect(try await stores.accounts.exists(try jid("a@two.example")))
        }
    }

    @Test("A new account inherits nothing of an earlier one of its address")
    func inheritsNothing() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            try await stores.vCards.storeVCard([1], of: juliet)
            _ = try await stores.offlineMessages.append(
                [2], for: juliet, storedAt: .now(), expiresAt: nil, messagesMax: 10)
            _ = try await stores.accounts.create(juliet, credentials: "")
            #expect(try await stores.vCards.vCard(of: juliet) == nil)
            #expect(try await stores.offlineMessages.count(for: juliet) == 0)
        }
    }
}
