import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Roster plays · RFC 6121 §2", .timeLimit(.minutes(2)))
struct RosterFlowTests {
    private static func get(_ version: String? = nil, id: String = "g") -> String {
        let attribute = version.map { " ver='\($0)'" } ?? ""
        return "<iq type='get' id='\(id)'><query xmlns='jabber:iq:roster'\(attribute)/></iq>"
    }

    private static func set(_ item: String, id: String = "s") -> String {
        "<iq type='set' id='\(id)'><query xmlns='jabber:iq:roster'>\(item)</query></iq>"
    }

    private func result(_ user: TestUser, _ id: String, _ content: String? = nil) -> String {
        let header = "<iq type='result' id='\(id)' to='\(user.jid)' from='\(user.account)'"
        guard let content else { return header + "/>" }
        return header + ">\(content)</iq>"
    }

    /// The version and the items of the next stanza.
    private func roster(_ user: TestUser) async -> (version: String?, items: [String])? {
        guard let query = await user.next()?.payload.first("query", .roster) else { return nil }
        return (query["ver"], query.elements.compactMap { $0["jid"] })
    }

    // MARK: get and set

    @Test("§2.2: an empty roster is an empty query")
    func emptyRoster() async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            romeo.send(Self.get())
            await romeo.receives(result(romeo, "g", "<query xmlns='jabber:iq:roster'/>"))
        }
    }

    @Test("§2.3: a new item is pushed to every session that asked, then the set is answered")
    func newItem() async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            let desk = try await host.user("romeo", "desk")
            let uninterested = try await host.user("romeo", "phone")
            await romeo.becomesInterested()
            await desk.becomesInterested()
            await uninterested.becomesAvailable()
            let groups = "<group>Friends</group><group>R &amp; J</group>"
            romeo.send(
                Self.set(
                    "<item jid='Juliet@example.com' name='J' ask='subscribe' approved='true'>\(groups)</item>"
                ))
            let item = "jid='juliet@example.com' name='J' subscription='none'"
            await romeo.receives(romeo.push(item, groups: groups), result(romeo, "s"))
            await desk.receives(desk.push(item, groups: groups))
            for user in [romeo, desk] { await user.ignoresWhatCame() }
            await uninterested.receivesNothing()
            romeo.send(Self.get())
            await romeo.receives(
                result(
                    romeo, "g",
                    "<query xmlns='jabber:iq:roster'><item \(item)>\(groups)</item></query>"))
        }
    }

    @Test("§2.4: an update changes name and groups and nothing else")
    func update() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .both)
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            romeo.send(Self.set("<item jid='juliet@example.com' name='J' subscription='none'/>"))
            await romeo.receives(
                romeo.push("jid='juliet@example.com' name='J' subscription='both'"),
                result(romeo, "s"))
            romeo.send(Self.set("<item jid='juliet@example.com'/>"))
            await romeo.receives(
                romeo.push("jid='juliet@example.com' subscription='both'"), result(romeo, "s"))
            #expect(await host.item("juliet@example.com", of: "romeo")?.name == nil)
        }
    }

    @Test("§2.1.6: a contact known only by a waiting request is not shown until it is added")
    func unlistedItem() async throws {
        try await withHost { host in
            let component = TestComponent("irc.example", host.router)
            let romeo = try await host.user("romeo")
            await component.send(
                .presence, .subscribe, from: "x@irc.example", to: "romeo@example.com")
            romeo.send(Self.get())
            await romeo.receives(result(romeo, "g", "<query xmlns='jabber:iq:roster'/>"))
            romeo.send(Self.set("<item jid='x@irc.example' subscription='remove'/>"))
            #expect(await romeo.next()?.written.contains("item-not-found") == true)
            romeo.send(Self.set("<item jid='x@irc.example'/>"))
            await romeo.receives(
                romeo.push("jid='x@irc.example' subscription='none'"), result(romeo, "s"))
            #expect(await host.item("x@irc.example", of: "romeo")?.pendingRequest != nil)
        }
    }

    // MARK: §2.5 removal

    @Test("§2.5.2: a removal ends the subscriptions in both directions")
    func removal() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .both)
            try await host.befriend("juliet", "romeo", .both)
            let romeo = try await host.user("romeo")
            let juliet = try await host.user("juliet")
            for user in [romeo, juliet] {
                await user.becomesInterested()
                await user.becomesAvailable()
            }
            await romeo.ignoresWhatCame()
            romeo.send(Self.set("<item jid='juliet@example.com' subscription='remove'/>"))
            await juliet.receives(
                "<presence type='unsubscribe' to='juliet@example.com' from='romeo@example.com'/>",
                juliet.push("jid='romeo@example.com' subscription='to'"),
                """
                <presence type='unavailable' to='juliet@example.com' \
                from='romeo@example.com/home'/>
                """,
                "<presence type='unsubscribed' to='juliet@example.com' from='romeo@example.com'/>",
                juliet.push("jid='romeo@example.com' subscription='none'"))
            await romeo.receives(
                romeo.push("jid='juliet@example.com' subscription='remove'"),
                """
                <presence type='unavailable' to='romeo@example.com' \
                from='juliet@example.com/home'/>
                """,
                result(romeo, "s"))
            await romeo.receivesNothing()
            await juliet.receivesNothing()
        }
    }

    @Test("§2.5.3: an unknown contact cannot be removed")
    func unknownRemoval() async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            romeo.send(Self.set("<item jid='juliet@example.com' subscription='remove'/>"))
            let error = await romeo.next()
            #expect(error?.type == .error)
            #expect(error?.written.contains("<item-not-found") == true)
            await romeo.receivesNothing()
        }
    }

    // MARK: refusals

    @Test("§2.3.3: a roster is for its account alone")
    func forbidden() async throws {
        try await withHost { host in
            try await host.befriend("juliet", "romeo", .both)
            let romeo = try await host.user("romeo")
            let query = "<query xmlns='jabber:iq:roster'/>"
            romeo.send("<iq type='get' id='1' to='juliet@example.com'>\(query)</iq>")
            #expect(await romeo.next()?.written.contains("<forbidden") == true)
            let change = "<query xmlns='jabber:iq:roster'><item jid='a@b' name='x'/></query>"
            romeo.send("<iq type='set' id='2' to='juliet@example.com'>\(change)</iq>")
            #expect(await romeo.next()?.written.contains("<forbidden") == true)
            #expect(await host.item("a@b", of: "juliet") == nil)
        }
    }

    @Test(
        "§2.3.3: a bad item changes nothing and tells nobody else",
        arguments: [
            ("", "bad-request"),
            ("<item jid='a@b'/><item jid='c@d'/>", "bad-request"),
            ("<item/>", "bad-request"),
            ("<item jid='@b'/>", "jid-malformed"),
            ("<item jid='a@b/c'/>", "bad-request"),
            ("<item jid='romeo@example.com'/>", "not-allowed"),
            ("<item jid='a@b'><group/></item>", "not-acceptable"),
            ("<item jid='a@b'><group>x</group><group>x</group></item>", "bad-request"),
        ])
    func badItem(item: String, condition: String) async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            let desk = try await host.user("romeo", "desk")
            await desk.becomesInterested()
            romeo.send(Self.set(item))
            let error = await romeo.next()
            #expect(error?.type == .error)
            #expect(error?.written.contains("<\(condition) ") == true)
            await desk.receivesNothing()
            #expect(await host.items(of: romeo.account).isEmpty)
        }
    }

    @Test("A roster takes as many items as the limit says, and updates beyond that")
    func limit() async throws {
        try await withHost { host in
            RosterService.attach(to: host.host, owner: "mod_roster", itemsMax: 2)
            let romeo = try await host.user("romeo")
            for contact in ["a@b", "c@d"] {
                romeo.send(Self.set("<item jid='\(contact)'/>"))
                await romeo.receives(result(romeo, "s"))
            }
            romeo.send(Self.set("<item jid='e@f'/>"))
            #expect(await romeo.next()?.written.contains("<resource-constraint") == true)
            romeo.send(Self.set("<item jid='a@b' name='A'/>"))
            await romeo.receives(result(romeo, "s"))
        }
    }

    // MARK: §2.6 versioning

    @Test("§2.6.1: what the streams offer")
    func features() async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            func names(_ isAuthenticated: Bool) -> [String] {
                host.host.features(isAuthenticated: isAuthenticated, for: romeo.session)
                    .map { "\($0.name) \($0.namespace)" }
            }
            #expect(
                names(true) == [
                    "ver urn:xmpp:features:rosterver", "sub urn:xmpp:features:pre-approval",
                ])
            #expect(names(false).isEmpty)
            RosterService.attach(to: host.host, owner: "mod_roster", versioning: false)
            #expect(names(true) == ["sub urn:xmpp:features:pre-approval"])
            RosterService.detach(from: host.host, owner: "mod_roster")
            #expect(names(true).isEmpty)
        }
    }

    @Test("§2.6.3: a client that knows a version gets what has changed since, as pushes")
    func changes() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .both)
            try await host.befriend("romeo", "nurse", .both)
            var romeo = try await host.user("romeo")
            romeo.send(Self.get(""))
            let first = try #require(await roster(romeo))
            #expect(first.items == ["juliet@example.com", "nurse@example.com"])
            let version = try #require(first.version)

            romeo.send(Self.get(version))
            await romeo.receives(result(romeo, "g"))
            await romeo.receivesNothing()
            await romeo.end()

            romeo = try await host.user("romeo")
            romeo.send(Self.get(version))
            await romeo.receives(result(romeo, "g"))
            await romeo.receivesNothing()

            let desk = try await host.user("romeo", "desk")
            romeo.send(Self.set("<item jid='juliet@example.com' name='J'/>"))
            romeo.send(Self.set("<item jid='nurse@example.com' subscription='remove'/>"))
            await romeo.ignoresWhatCame()
            desk.send(Self.get(version))
            await desk.receives(result(desk, "g"))
            let pushes = [try #require(await desk.next()), try #require(await desk.next())]
            #expect(
                pushes.map(\.written) == [
                    desk.push("jid='juliet@example.com' name='J' subscription='both'"),
                    desk.push("jid='nurse@example.com' subscription='remove'"),
                ])
            let versions = pushes.compactMap { $0.payload.first("query", .roster)?["ver"] }
            let numbers = versions.compactMap { Int64($0) }
            #expect(numbers.count == 2 && numbers[0] < numbers[1])
            desk.send(Self.get(versions.last))
            await desk.receives(result(desk, "g"))
            await desk.receivesNothing()
        }
    }

    @Test(
        "§2.6.3: a version that is none of ours brings the whole roster",
        arguments: ["abc", "-1", "99999999999999999999", "1", "9223372036854775807", " "])
    func unknownVersion(version: String) async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .both)
            let romeo = try await host.user("romeo")
            for _ in 0..<2 {
                romeo.send(Self.get(version))
                let answer = await roster(romeo)
                #expect(answer?.items == ["juliet@example.com"])
                #expect(answer?.version != nil)
            }
        }
    }

    @Test("§2.6.2: a client that names no version gets none, nor does any when it is off")
    func noVersion() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .both)
            let romeo = try await host.user("romeo")
            romeo.send(Self.get())
            #expect(await roster(romeo)?.version == nil)
            RosterService.attach(to: host.host, owner: "mod_roster", versioning: false)
            romeo.send(Self.get(""))
            let answer = await roster(romeo)
            #expect(answer?.items == ["juliet@example.com"])
            #expect(answer?.version == nil)
            romeo.send(Self.set("<item jid='a@b'/>"))
            let push = await romeo.next()
            #expect(push?.payload.first("query", .roster)?["ver"] == nil)
        }
    }

    // MARK: two at once

    @Test("Sessions that edit at the same time get all pushes in the order of the versions")
    func concurrentEdits() async throws {
        try await withHost(loops: 2) { host in
            let romeo = try await host.user("romeo", "home", loop: 0)
            let desk = try await host.user("romeo", "desk", loop: 1)
            for user in [romeo, desk] {
                await user.becomesInterested()
                await user.becomesAvailable()
            }
            await romeo.ignoresWhatCame()
            let edits = 40
            for number in 0..<edits {
                romeo.send(Self.set("<item jid='shared@b' name='home \(number)'/>"))
                desk.send(Self.set("<item jid='d\(number)@b'/>"))
                desk.send("<presence type='subscribe' to='shared@example.com'/>")
                romeo.send("<presence type='unsubscribe' to='shared@example.com'/>")
            }
            await host.settle()
            var all: [[Int64]] = []
            for user in [romeo, desk] {
                let versions = user.takeItems().compactMap { item -> Int64? in
                    guard case .stanza(let stanza) = item, stanza.type == .set else { return nil }
                    return stanza.payload.first("query", .roster)?["ver"].flatMap { Int64($0) }
                }
                #expect(versions.count >= 2 * edits)
                #expect(versions == versions.sorted())
                all.append(versions)
            }
            #expect(all[0] == all[1])
            let roster = try await host.stores.rosters.roster(of: romeo.account)
            let contacts = try #require(
                host.host.presence.rosters.cachedContacts(of: romeo.account))
            #expect(contacts.version == roster.version)
            #expect(contacts.relations == Contacts(roster).relations)
            #expect(roster.items.count == edits + 2)
        }
    }

    @Test("Work on one account takes turns, in the order in which it came")
    func turns() async throws {
        let turns = Turns<BareJID>()
        let account = try #require(BareJID("romeo@example.com"))
        let other = try #require(BareJID("juliet@example.com"))
        #expect(await turns.take(account))
        #expect(await turns.take(other))
        async let second = turns.take(account)
        turns.give(account)
        #expect(await second)
        turns.give(account)
        turns.give(other)
        #expect(await turns.take(account))
        turns.give(account)
    }
}
