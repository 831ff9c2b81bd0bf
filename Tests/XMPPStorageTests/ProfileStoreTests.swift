import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Private storage · XEP-0049")
struct SQLPrivateStorageStoreTests {
    private func element(_ name: String, _ content: [UInt8] = [1]) -> PrivateElement {
        PrivateElement(name: name, namespace: "storage:bookmarks", content: content)
    }

    @Test("An element is replaced and read back by name and namespace")
    func replace() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let store = stores.privateStorage
            #expect(try await store.store([element("a", [1])], of: juliet, elementsMax: 5))
            #expect(try await store.store([element("a", [0, 2, 0])], of: juliet, elementsMax: 5))
            let read = try await store.element(
                named: "a", in: "storage:bookmarks", of: juliet)
            #expect(read == [0, 2, 0])
            #expect(try await store.element(named: "a", in: "other", of: juliet) == nil)
            #expect(try await store.element(named: "b", in: "storage:bookmarks", of: juliet) == nil)
        }
    }

    @Test("Names and namespaces may hold any characters", arguments: awkwardTexts)
    func awkward(_ text: String) async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let element = PrivateElement(name: text, namespace: text, content: Array(text.utf8))
            let store = stores.privateStorage
            #expect(try await store.store([element], of: juliet, elementsMax: 5))
            #expect(try await store.elements(of: juliet) == [element])
            #expect(try await store.removeElement(named: text, in: text, of: juliet))
            #expect(try await store.removeElement(named: text, in: text, of: juliet) == false)
        }
    }

    @Test("A set that would exceed the limit stores none of its elements")
    func limit() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let store = stores.privateStorage
            #expect(try await store.store([element("a")], of: juliet, elementsMax: 2))
            let two = [element("a", [9]), element("b"), element("c")]
            #expect(try await store.store(two, of: juliet, elementsMax: 2) == false)
            #expect(try await store.elements(of: juliet) == [element("a")])
            #expect(try await store.store([element("a", [7])], of: juliet, elementsMax: 0))
        }
    }

    @Test("Accounts do not see each other's elements")
    func apart() async throws {
        try await withStores { stores in
            let store = stores.privateStorage
            _ = try await store.store(
                [element("a")], of: try jid("juliet@example.com"), elementsMax: 2)
            #expect(try await store.elements(of: try jid("romeo@example.com")) == [])
        }
    }
}

@Suite("vCard store · XEP-0054")
struct SQLVCardStoreTests {
    @Test("A vCard is stored, replaced, removed")
    func lifeCycle() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            #expect(try await stores.vCards.vCard(of: juliet) == nil)
            #expect(try await stores.vCards.removeVCard(of: juliet) == false)
            let picture = [UInt8](repeating: 0, count: 200_000)
            for content in [picture, [], [0, 255, 0]] {
                try await stores.vCards.storeVCard(content, of: juliet)
                #expect(try await stores.vCards.vCard(of: juliet) == content)
            }
            #expect(try await stores.vCards.removeVCard(of: juliet))
            #expect(try await stores.vCards.vCard(of: juliet) == nil)
        }
    }
}

@Suite("Last activity store · XEP-0012")
struct SQLLastActivityStoreTests {
    @Test("The latest departure counts, in whatever order departures are stored")
    func latest() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let store = stores.lastActivity
            #expect(try await store.lastActivity(of: juliet) == nil)
            let late = LastActivity(leftAt: Timestamp(milliseconds: 20), status: "Gone 🌙 'home'")
            try await store.storeLastActivity(late, of: juliet)
            try await store.storeLastActivity(
                LastActivity(leftAt: Timestamp(milliseconds: 10), status: "early"), of: juliet)
            #expect(try await store.lastActivity(of: juliet) == late)
            let later = LastActivity(leftAt: Timestamp(milliseconds: 30), status: "")
            try await store.storeLastActivity(later, of: juliet)
            #expect(try await store.lastActivity(of: juliet) == later)
        }
    }
}

@Suite("Account removal")
struct SQLAccountRemovalTests {
    @Test("Everything of an account goes, and nothing of another")
    func removesEverything() async throws {
        try await withDatabase { database in
            let stores = Stores(database: database)
            let juliet = try jid("juliet@example.com")
            let romeo = try jid("romeo@example.com")
            for (account, contact) in [(juliet, romeo), (romeo, juliet)] {
                try await fill(stores, account, contact)
            }
            #expect(try await stores.accountRemoval.removeEverything(of: juliet))
            #expect(try await stores.accountRemoval.removeEverything(of: juliet) == false)
            #expect(try await stores.accounts.count(on: juliet.domain) == 1)
            // Tokens have a test of their own.
            let tables =
                Schema.ownedTables.filter { $0 != "api_token" } + ["roster_item", "roster_removal"]
            for table in tables {
                let owners = try await database.read { (session) throws(StorageError) in
                    try session.query("SELECT owner FROM \(table)") {
                        (row) throws(StorageError) in try row.text(0)
                    }
                }
                #expect(owners == [romeo.text], "\(table)")
            }
        }
    }

    private func fill(_ stores: Stores, _ account: BareJID, _ contact: BareJID) async throws {
        _ = try await stores.accounts.create(account, credentials: "x")
        _ = try await stores.rosters.upsert(
            RosterItem(contact: account.domain), of: account, itemsMax: 9)
        _ = try await stores.rosters.remove(account.domain, of: account)
        _ = try await stores.rosters.upsert(
            RosterItem(contact: contact), of: account, itemsMax: 9)
        _ = try await stores.offlineMessages.append(
            [1], for: account, storedAt: .now(), expiresAt: nil, messagesMax: 9)
        _ = try await stores.privateStorage.store(
            [PrivateElement(name: "a", namespace: "b", content: [])], of: account, elementsMax: 9)
        try await stores.vCards.storeVCard([1], of: account)
        try await stores.lastActivity.storeLastActivity(
            LastActivity(leftAt: .now(), status: ""), of: account)
    }

    @Test("What lies under a name that no account has can be removed; an account keeps all")
    func leftovers() async throws {
        try await withStores { stores in
            let guest = try jid("guest@example.com")
            try await stores.vCards.storeVCard([1], of: guest)
            #expect(try await stores.accountRemoval.removeLeftovers(of: guest))
            #expect(try await stores.vCards.vCard(of: guest) == nil)
            #expect(try await stores.accountRemoval.removeLeftovers(of: guest))
            _ = try await stores.accounts.create(guest, credentials: "x")
            try await stores.vCards.storeVCard([2], of: guest)
            #expect(try await stores.accountRemoval.removeLeftovers(of: guest) == false)
            #expect(try await stores.accounts.exists(guest))
            #expect(try await stores.vCards.vCard(of: guest) == [2])
        }
    }

    @Test("What an account without a row owns goes too")
    func withoutRow() async throws {
        try await withStores { stores in
            let guest = try jid("guest@example.com")
            try await stores.vCards.storeVCard([1], of: guest)
            #expect(try await stores.accountRemoval.removeEverything(of: guest))
            #expect(try await stores.vCards.vCard(of: guest) == nil)
        }
    }
}
