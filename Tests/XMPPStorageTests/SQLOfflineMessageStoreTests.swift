import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Offline message store · XEP-0160")
struct SQLOfflineMessageStoreTests {
    private func append(
        _ bytes: [UInt8], to stores: Stores, for account: BareJID, at moment: Int64 = 5,
        until end: Int64? = nil, max: Int = 100
    ) async throws -> OfflineAppend {
        try await stores.offlineMessages.append(
            bytes, for: account, storedAt: Timestamp(milliseconds: moment),
            expiresAt: end.map(Timestamp.init(milliseconds:)), messagesMax: max)
    }

    @Test("Messages wait in order with their bytes and their moment")
    func order() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let stanzas: [[UInt8]] = [[0, 1, 0], [], Array("<message>🌹</message>".utf8)]
            for (index, stanza) in stanzas.enumerated() {
                _ = try await append(stanza, to: stores, for: juliet, at: Int64(index))
            }
            let waiting = try await stores.offlineMessages.messages(
                for: juliet, after: nil, limit: 10)
            #expect(waiting.map(\.stanza) == stanzas)
            #expect(waiting.map(\.storedAt.milliseconds) == [0, 1, 2])
            #expect(waiting.map(\.id) == waiting.map(\.id).sorted())
            let rest = try await stores.offlineMessages.messages(
                for: juliet, after: waiting.first?.id, limit: 1)
            #expect(rest.map(\.stanza) == [[]])
        }
    }

    @Test("§3: a full store refuses, for this account alone")
    func full() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            for _ in 0..<2 { _ = try await append([1], to: stores, for: juliet, max: 2) }
            #expect(try await append([2], to: stores, for: juliet, max: 2) == .full)
            #expect(try await append([2], to: stores, for: juliet, max: 0) == .full)
            #expect(try await append([2], to: stores, for: juliet, max: -1) == .full)
            #expect(try await stores.offlineMessages.count(for: juliet) == 2)
            let romeo = try jid("romeo@example.com")
            #expect(try await append([3], to: stores, for: romeo, max: 2) != .full)
        }
    }

    @Test("Concurrent messages never exceed the limit")
    func fullConcurrently() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            await withTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask { _ = try? await append([1], to: stores, for: juliet, max: 30) }
                }
            }
            #expect(try await stores.offlineMessages.count(for: juliet) == 30)
        }
    }

    @Test("Removal up to a message keeps those that came in since, and ids are not used again")
    func remove() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let offline = stores.offlineMessages
            for number in UInt8(0)..<3 { _ = try await append([number], to: stores, for: juliet) }
            let last = try #require(
                try await offline.messages(for: juliet, after: nil, limit: 10).last)
            #expect(try await offline.remove(upTo: last.id, for: juliet) == 3)
            _ = try await append([9], to: stores, for: juliet)
            #expect(try await offline.remove(upTo: last.id, for: juliet) == 0)
            let rest = try await offline.messages(for: juliet, after: nil, limit: 10)
            #expect(rest.map(\.stanza) == [[9]])
        }
    }

    @Test("Another account's messages are not removed by an id of ours")
    func removeOther() async throws {
        try await withStores { stores in
            let romeo = try jid("romeo@example.com")
            _ = try await append([1], to: stores, for: romeo)
            let all = OfflineMessageID(number: .max)
            let juliet = try jid("juliet@example.com")
            #expect(try await stores.offlineMessages.remove(upTo: all, for: juliet) == 0)
            #expect(try await stores.offlineMessages.count(for: romeo) == 1)
        }
    }

    @Test("An expired message is neither counted nor delivered, and goes with the purge")
    func expiry() async throws {
        let clock = TestClock(100)
        try await withStores(clock: clock) { stores in
            let juliet = try jid("juliet@example.com")
            _ = try await append([1], to: stores, for: juliet, until: 100)
            _ = try await append([2], to: stores, for: juliet, until: 101)
            _ = try await append([3], to: stores, for: juliet)
            #expect(try await stores.offlineMessages.count(for: juliet) == 2)
            clock.set(101)
            let waiting = try await stores.offlineMessages.messages(
                for: juliet, after: nil, limit: 10)
            #expect(waiting.map(\.stanza) == [[3]])
            let gone = try await stores.offlineMessages.removeExpired(
                at: clock.now(), storedBefore: nil)
            #expect(gone == 2)
        }
    }

    @Test("A purge by age takes as many steps as it needs")
    func purge() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let many = SQLOfflineMessageStore.purgeStep * 2 + 1
            await withTaskGroup { group in
                for _ in 0..<many {
                    group.addTask {
                        _ = try? await append([1], to: stores, for: juliet, at: 1, max: .max)
                    }
                }
            }
            _ = try await append([2], to: stores, for: juliet, at: 50, max: .max)
            let gone = try await stores.offlineMessages.removeExpired(
                at: Timestamp(milliseconds: 60), storedBefore: Timestamp(milliseconds: 50))
            #expect(gone == many)
            #expect(try await stores.offlineMessages.count(for: juliet) == 1)
        }
    }

    @Test("An account without messages has none")
    func missing() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let offline = stores.offlineMessages
            #expect(try await offline.messages(for: juliet, after: nil, limit: 10) == [])
            #expect(try await offline.messages(for: juliet, after: nil, limit: -1) == [])
            #expect(try await offline.count(for: juliet) == 0)
            #expect(try await offline.removeExpired(at: .now(), storedBefore: .now()) == 0)
        }
    }
}
