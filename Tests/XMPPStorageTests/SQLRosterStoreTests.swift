import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Roster store · RFC 6121 §2")
struct SQLRosterStoreTests {
    private func version(_ result: RosterEditResult) throws -> RosterVersion {
        guard case .done(_, _, let version) = result else {
            throw StorageError.constraint("the roster is full")
        }
        return version
    }

    @Test("§2.1.2: every part of an item comes back as it was stored")
    func roundTrip() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let item = RosterItem(
                contact: try jid("romeo@example.net"), name: "Romeo 🌹 'R'",
                groups: ["Zweite", "Erste", "ⅩⅦ, \"x\""], subscription: .both, isAsking: true,
                pendingRequest: [0, 0x3C, 0xFF, 0], isApproved: true, isListed: true)
            _ = try await stores.rosters.upsert(item, of: juliet, itemsMax: 10)
            #expect(try await stores.rosters.roster(of: juliet).items == [item])
            #expect(try await stores.rosters.item(item.contact, of: juliet) == item)
        }
    }

    @Test("A missing name, an empty name and no groups stay what they are", arguments: awkwardTexts)
    func names(_ text: String) async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let contact = try jid("romeo@example.net")
            for name in [text, nil] {
                let item = RosterItem(contact: contact, name: name)
                _ = try await stores.rosters.upsert(item, of: juliet, itemsMax: 10)
                #expect(try await stores.rosters.item(contact, of: juliet) == item)
            }
        }
    }

    @Test("An unknown account has an empty roster of version 0")
    func missing() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let romeo = try jid("romeo@example.net")
            let roster = try await stores.rosters.roster(of: juliet)
            #expect(roster == Roster(items: [], version: RosterVersion(number: 0)))
            #expect(try await stores.rosters.item(romeo, of: juliet) == nil)
            #expect(try await stores.rosters.removeRoster(of: juliet) == false)
            let result = try await stores.rosters.remove(romeo, of: juliet)
            #expect(result == .done(previous: nil, current: nil, version: RosterVersion(number: 0)))
            #expect(try await stores.rosters.roster(of: juliet) == roster)
        }
    }

    @Test("An edit sees the item as it is, and many at once lose nothing")
    func editsAtomically() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let romeo = try jid("romeo@example.net")
            await withTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask {
                        _ = try? await stores.rosters.edit(romeo, of: juliet, itemsMax: 10) {
                            var item = $0 ?? RosterItem(contact: romeo, name: "")
                            item.name = (item.name ?? "") + "x"
                            return .store(item)
                        }
                    }
                }
            }
            let item = try await stores.rosters.item(romeo, of: juliet)
            #expect(item?.name == String(repeating: "x", count: 100))
        }
    }

    @Test("The version grows with what clients see and with nothing else")
    func versions() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            var item = RosterItem(contact: try jid("romeo@example.net"))
            let first = try version(
                try await stores.rosters.upsert(item, of: juliet, itemsMax: 10))
            item.pendingRequest = [1]
            #expect(
                try version(try await stores.rosters.upsert(item, of: juliet, itemsMax: 10))
                    == first)
            let stranger = RosterItem(
                contact: try jid("tybalt@example.net"), pendingRequest: [2], isListed: false)
            #expect(
                try version(try await stores.rosters.upsert(stranger, of: juliet, itemsMax: 10))
                    == first)
            #expect(try await stores.rosters.changes(of: juliet, since: first) == .unchanged)
            item.subscription = .to
            let second = try version(
                try await stores.rosters.upsert(item, of: juliet, itemsMax: 10))
            #expect(second > first)
            let change = RosterChange(contact: item.contact, item: item, version: second)
            #expect(
                try await stores.rosters.changes(of: juliet, since: first) == .changed([change]))
        }
    }

    @Test("Long items fit in up to 1 MiB; short ones, and those that shrink, always do")
    func textLimit() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let long = (0..<100).map { "\($0)" + String(repeating: "g", count: 1000) }
            func put(_ name: String, _ groups: [String]) async throws -> RosterEditResult {
                let item = RosterItem(contact: try jid("\(name)@example.net"), groups: groups)
                return try await stores.rosters.upsert(item, of: juliet, itemsMax: 1000)
            }
            for number in 0..<10 {
                #expect(try await put("c\(number)", long) != .full)
            }
            #expect(try await put("one-more", long) == .full)
            #expect(try await put("short", ["friends"]) != .full)
            #expect(try await put("short", long) == .full, "an item may not grow either")
            #expect(try await put("c0", Array(long.dropLast())) != .full)
            #expect(try await put("c0", long) != .full, "as long as before")
            #expect(try await put("c1", []) != .full)
            #expect(try await put("one-more", long) != .full, "there is room again")
        }
    }

    @Test("§3.1.3: requests fit in up to 1 MiB; short ones, and those that are there, always do")
    func requestLimit() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            func put(_ name: String, _ bytes: Int?, of owner: BareJID) async throws
                -> RosterEditResult
            {
                let request = bytes.map { [UInt8](repeating: 0x61, count: $0) }
                let item = RosterItem(
                    contact: try jid("\(name)@example.net"), pendingRequest: request,
                    isListed: false)
                return try await stores.rosters.upsert(item, of: owner, itemsMax: 1000)
            }
            for number in 0..<256 {
                #expect(try await put("c\(number)", 4096, of: juliet) != .full)
            }
            let before = try await stores.rosters.roster(of: juliet)
            #expect(try await put("one-more", 257, of: juliet) == .full)
            #expect(try await put("c0", 4097, of: juliet) == .full, "nor may one grow")
            #expect(try await stores.rosters.roster(of: juliet) == before)
            #expect(try await put("short", 256, of: juliet) != .full)
            #expect(try await put("no-request", nil, of: juliet) != .full)
            #expect(try await put("c0", 4096, of: juliet) != .full, "as long as before")
            #expect(try await put("one-more", 4096, of: try jid("nurse@example.com")) != .full)
            #expect(try await put("c0", nil, of: juliet) != .full, "answered")
            #expect(try await put("one-more", 3840, of: juliet) != .full, "there is room again")
        }
    }

    @Test("§2.6.3: changes come oldest first, with removals and the last state of each item")
    func changes() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let contacts = try (0..<4).map { try jid("c\($0)@example.net") }
            var start = RosterVersion(number: 0)
            for contact in contacts {
                start = try version(
                    try await stores.rosters.upsert(
                        RosterItem(contact: contact), of: juliet, itemsMax: 10))
            }
            _ = try await stores.rosters.upsert(
                RosterItem(contact: contacts[2], name: "new"), of: juliet, itemsMax: 10)
            _ = try await stores.rosters.remove(contacts[0], of: juliet)
            let hidden = RosterItem(contact: contacts[1], pendingRequest: [1], isListed: false)
            _ = try await stores.rosters.upsert(hidden, of: juliet, itemsMax: 10)
            guard
                case .changed(let changes) = try await stores.rosters.changes(
                    of: juliet, since: start)
            else {
                Issue.record("no list of changes")
                return
            }
            #expect(changes.map(\.contact) == [contacts[2], contacts[0], contacts[1]])
            #expect(changes.map { $0.item?.name } == ["new", nil, nil])
            #expect(changes.map(\.version) == changes.map(\.version).sorted())
            _ = try await stores.rosters.upsert(
                RosterItem(contact: contacts[0]), of: juliet, itemsMax: 10)
            if case .changed(let again) = try await stores.rosters.changes(of: juliet, since: start)
            {
                #expect(again.last?.item?.contact == contacts[0])
                #expect(again.count == 3)
            }
        }
    }

    @Test("§2.6.3: an unknown, a future or a forgotten version asks for everything")
    func sendsAll() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            var first: RosterVersion?
            for number in 0...RosterTable.removalsMax {
                let contact = try jid("c\(number)@example.net")
                let added = try await stores.rosters.upsert(
                    RosterItem(contact: contact), of: juliet, itemsMax: 10)
                first = try first ?? version(added)
                _ = try await stores.rosters.remove(contact, of: juliet)
            }
            let last = try await stores.rosters.roster(of: juliet).version
            for old in [0, try #require(first).number, last.number + 1, .max] {
                let answer = try await stores.rosters.changes(
                    of: juliet, since: RosterVersion(number: old))
                #expect(answer == .sendAll)
            }
            let recent = RosterVersion(number: last.number - 2)
            let answer = try await stores.rosters.changes(of: juliet, since: recent)
            #expect(answer != .sendAll)
        }
    }

    @Test("A roster made anew does not use the versions of the removed one")
    func newRoster() async throws {
        let clock = TestClock(1000)
        try await withStores(clock: clock) { stores in
            let juliet = try jid("juliet@example.com")
            let item = RosterItem(contact: try jid("romeo@example.net"))
            let old = try version(try await stores.rosters.upsert(item, of: juliet, itemsMax: 9))
            #expect(try await stores.rosters.removeRoster(of: juliet))
            #expect(try await stores.rosters.changes(of: juliet, since: old) == .sendAll)
            clock.set(2000)
            _ = try await stores.rosters.upsert(item, of: juliet, itemsMax: 9)
            #expect(try await stores.rosters.changes(of: juliet, since: old) == .sendAll)
        }
    }

    @Test("A full roster refuses one more contact but not a change of one it has")
    func full() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let known = RosterItem(contact: try jid("romeo@example.net"))
            _ = try await stores.rosters.upsert(known, of: juliet, itemsMax: 1)
            let other = RosterItem(contact: try jid("tybalt@example.net"))
            #expect(try await stores.rosters.upsert(other, of: juliet, itemsMax: 1) == .full)
            let renamed = RosterItem(contact: known.contact, name: "R")
            #expect(try await stores.rosters.upsert(renamed, of: juliet, itemsMax: 1) != .full)
            #expect(try await stores.rosters.roster(of: juliet).items == [renamed])
        }
    }

    @Test(
        "Groups that cannot be told apart are refused", arguments: [[""], ["a", ""], ["a\u{1F}b"]])
    func badGroups(_ groups: [String]) async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let item = RosterItem(contact: try jid("romeo@example.net"), groups: groups)
            await #expect(throws: StorageError.self) {
                try await stores.rosters.upsert(item, of: juliet, itemsMax: 10)
            }
            #expect(try await stores.rosters.roster(of: juliet).items == [])
            #expect(try await stores.rosters.roster(of: juliet).version.number == 0)
        }
    }

    @Test("An edit cannot put an item under another contact")
    func otherContact() async throws {
        try await withStores { stores in
            let juliet = try jid("juliet@example.com")
            let tybalt = RosterItem(contact: try jid("tybalt@example.net"))
            let romeo = try jid("romeo@example.net")
            await #expect(throws: StorageError.self) {
                try await stores.rosters.edit(romeo, of: juliet, itemsMax: 10) { _ in
                    .store(tybalt)
                }
            }
            #expect(try await stores.rosters.roster(of: juliet).items == [])
        }
    }

    @Test(
        "A version attribute of another server is none of ours", arguments: ["", "x", "-1", "1 "])
    func foreignVersions(_ text: String) {
        #expect(RosterVersion(text) == nil)
    }
}
