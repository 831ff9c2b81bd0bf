import Synchronization
import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Presence plays · RFC 6121 §4", .timeLimit(.minutes(2)))
struct PresenceFlowTests {
    private static let stanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas"

    // MARK: §4.2 initial presence

    @Test("§4.2.2: initial presence goes to subscribers, to the own sessions, to nobody else")
    func initialPresence() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .from)
            try await host.befriend("romeo", "nurse", .to)
            try await host.befriend("nurse", "romeo", .from)
            let juliet = try await host.user("juliet")
            let nurse = try await host.user("nurse")
            let tybalt = try await host.user("tybalt")
            let desk = try await host.user("romeo", "desk")
            for user in [juliet, nurse, tybalt, desk] { await user.becomesAvailable() }
            await juliet.ignoresWhatCame()

            let romeo = try await host.user("romeo")
            let presence = "<show>away</show><status>in Mantua</status><priority>3</priority>"
            romeo.send("<presence id='p' xml:lang='it'>\(presence)</presence>")
            func copy(to address: String) -> String {
                """
                <presence id='p' to='\(address)' from='romeo@example.com/home' xml:lang='it'>\
                \(presence)</presence>
                """
            }
            await juliet.receives(copy(to: "juliet@example.com"))
            await desk.receives(copy(to: "romeo@example.com"))
            await romeo.receives(
                copy(to: "romeo@example.com"),
                "<presence to='romeo@example.com' from='romeo@example.com/desk'/>",
                "<presence to='romeo@example.com' from='nurse@example.com/home'/>")
            for user in [romeo, juliet, nurse, tybalt, desk] { await user.receivesNothing() }
        }
    }

    @Test("§4.2.2: subscribers without an available session get nothing")
    func unavailableSubscriber() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet")
            await juliet.becomesInterested()
            let romeo = try await host.user("romeo")
            await romeo.becomesAvailable()
            await juliet.receivesNothing()
        }
    }

    @Test("A login costs one read of the roster, with or without contacts", arguments: [0, 30])
    func oneRead(contacts: Int) async throws {
        try await withHost { host in
            for number in 0..<contacts {
                try await host.befriend("romeo", "friend\(number)", .both)
            }
            let before = host.rosters.reads
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            await romeo.becomesAvailable()
            romeo.send("<presence><show>away</show></presence>")
            await romeo.ignoresWhatCame()
            let desk = try await host.user("romeo", "desk")
            await desk.becomesAvailable()
            #expect(host.rosters.reads == before + 1)
        }
    }

    @Test("Presence sent before anything else was read keeps its order")
    func orderWhileLoading() async throws {
        try await withHost(loops: 2) { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet", loop: 1)
            await juliet.becomesAvailable()
            let romeo = try await host.user("romeo")
            romeo.send(
                """
                <presence><show>away</show></presence>\
                <presence><show>dnd</show></presence>\
                <presence type='unavailable'/>\
                <message to='juliet@example.com' id='m'><body>Bye</body></message>
                """)
            await juliet.receives(
                """
                <presence to='juliet@example.com' from='romeo@example.com/home'>\
                <show>away</show></presence>
                """,
                """
                <presence to='juliet@example.com' from='romeo@example.com/home'>\
                <show>dnd</show></presence>
                """,
                """
                <presence type='unavailable' to='juliet@example.com' \
                from='romeo@example.com/home'/>
                """,
                """
                <message id='m' to='juliet@example.com' from='romeo@example.com/home'>\
                <body>Bye</body></message>
                """)
        }
    }

    // MARK: §4.3 probes

    @Test("§4.3.2: a contact's sessions answer with their last presence")
    func probedContact() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .to)
            try await host.befriend("juliet", "romeo", .from)
            let home = try await host.user("juliet", "home")
            let desk = try await host.user("juliet", "desk")
            await home.becomesAvailable("<presence><show>xa</show></presence>")
            await desk.becomesAvailable("<presence><priority>-5</priority></presence>")
            _ = try await host.user("juliet", "silent")
            let romeo = try await host.user("romeo")
            romeo.send("<presence/>")
            await romeo.receives("<presence to='romeo@example.com' from='romeo@example.com/home'/>")
            await romeo.receivesInAnyOrder(
                """
                <presence to='romeo@example.com' from='juliet@example.com/home'>\
                <show>xa</show></presence>
                """,
                """
                <presence to='romeo@example.com' from='juliet@example.com/desk'>\
                <priority>-5</priority></presence>
                """)
            await romeo.receivesNothing()
        }
    }

    @Test("§4.3.2: a contact who does not share presence ends the subscription taken for granted")
    func refusedProbe() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .to)
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            romeo.send("<presence/>")
            await romeo.receives(
                "<presence to='romeo@example.com' from='romeo@example.com/home'/>",
                """
                <presence type='unsubscribed' to='romeo@example.com' from='juliet@example.com'/>
                """,
                romeo.push("jid='juliet@example.com' subscription='none'"))
        }
    }

    @Test("§4.3.1: contacts elsewhere are probed from the bare address")
    func outboundProbe() async throws {
        try await withHost { host in
            let component = TestComponent("irc.example", host.router)
            try await host.befriend("romeo", "x@irc.example", .both)
            let romeo = try await host.user("romeo")
            romeo.send("<presence/>")
            await component.receives(
                "<presence to='x@irc.example' from='romeo@example.com/home'/>",
                "<presence type='probe' to='x@irc.example' from='romeo@example.com'/>")
            romeo.send("<presence><show>away</show></presence>")
            await romeo.sync()
            await component.receives(
                """
                <presence to='x@irc.example' from='romeo@example.com/home'>\
                <show>away</show></presence>
                """)
            component.receivedNothing()
        }
    }

    @Test("§4.3.2: probes from elsewhere are answered by the roster, loaded or not")
    func inboundProbe() async throws {
        try await withHost { host in
            let component = TestComponent("irc.example", host.router)
            try await host.befriend("romeo", "x@irc.example", .from)
            func probe(_ from: String, _ to: String) async {
                await component.send(.presence, .probe, from: from, to: to, id: "p")
            }
            await probe("x@irc.example", "romeo@example.com")
            await component.receives(
                """
                <presence type='unavailable' id='p' to='x@irc.example' from='romeo@example.com'/>
                """)
            await probe("y@irc.example", "romeo@example.com")
            await component.receives(
                """
                <presence type='unsubscribed' id='p' to='y@irc.example' from='romeo@example.com'/>
                """)
            await probe("x@irc.example", "nobody@example.com")
            await component.receives(
                """
                <presence type='unsubscribed' id='p' to='x@irc.example' from='nobody@example.com'/>
                """)
            let romeo = try await host.user("romeo")
            await romeo.becomesAvailable()
            _ = await component.next()
            await probe("x@irc.example", "romeo@example.com")
            await probe("x@irc.example", "romeo@example.com/home")
            await probe("x@irc.example", "romeo@example.com/garden")
            await component.receives(
                "<presence to='x@irc.example' from='romeo@example.com/home'/>",
                "<presence to='x@irc.example' from='romeo@example.com/home'/>",
                """
                <presence type='unavailable' id='p' to='x@irc.example' \
                from='romeo@example.com/garden'/>
                """)
            await romeo.receivesNothing()
        }
    }

    @Test("§4.3.2: a refused probe leaves an approval in advance alone")
    func probeKeepsApproval() async throws {
        try await withHost { host in
            let component = TestComponent("irc.example", host.router)
            let romeo = try await host.user("romeo")
            romeo.send("<presence type='subscribed' to='x@irc.example'/>")
            await romeo.sync()
            await component.send(
                .presence, .probe, from: "x@irc.example", to: "romeo@example.com")
            #expect(await component.next()?.type == .unsubscribed)
            #expect(await host.item("x@irc.example", of: "romeo")?.isApproved == true)
        }
    }

    @Test("An account may probe itself")
    func ownProbe() async throws {
        try await withHost { host in
            let desk = try await host.user("romeo", "desk")
            await desk.becomesAvailable()
            let romeo = try await host.user("romeo")
            romeo.send("<presence type='probe' to='romeo@example.com'/>")
            await romeo.receives(
                "<presence to='romeo@example.com/home' from='romeo@example.com/desk'/>")
        }
    }

    // MARK: §4.4 and §4.5

    @Test("§4.5.2: unavailable goes to subscribers and to all own sessions, its sender too")
    func unavailable() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .both)
            let juliet = try await host.user("juliet")
            let desk = try await host.user("romeo", "desk")
            let romeo = try await host.user("romeo")
            for user in [juliet, desk, romeo] { await user.becomesAvailable() }
            await juliet.ignoresWhatCame()
            await desk.ignoresWhatCame()
            romeo.send("<presence type='unavailable'><status>dead</status></presence>")
            func copy(to address: String) -> String {
                """
                <presence type='unavailable' to='\(address)' from='romeo@example.com/home'>\
                <status>dead</status></presence>
                """
            }
            await juliet.receives(copy(to: "juliet@example.com"))
            await desk.receives(copy(to: "romeo@example.com"))
            await romeo.receives(copy(to: "romeo@example.com/home"))
            romeo.send("<presence type='unavailable'/>")
            for user in [romeo, juliet, desk] { await user.receivesNothing() }
            await romeo.loseConnection()
            for user in [juliet, desk] { await user.receivesNothing() }
        }
    }

    @Test("§4.5: a session that is gone, however it went, is unavailable", arguments: [1, 2])
    func loss(loops: Int) async throws {
        try await withHost(loops: loops) { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet", loop: 1)
            await juliet.becomesAvailable()
            let gone = """
                <presence type='unavailable' to='juliet@example.com' from='romeo@example.com/home'/>
                """
            let here = "<presence to='juliet@example.com' from='romeo@example.com/home'/>"
            var romeo = try await host.user("romeo")
            await romeo.becomesAvailable()
            await romeo.loseConnection()
            await juliet.receives(here, gone)
            romeo = try await host.user("romeo")
            await romeo.becomesAvailable()
            await romeo.end()
            await juliet.receives(here, gone)
            // Another stream takes the resource.
            romeo = try await host.user("romeo")
            await romeo.becomesAvailable()
            let other = try await host.user("romeo", loop: 1)
            await juliet.receives(here, gone)
            await other.becomesAvailable()
            await juliet.receives(here)
            await juliet.receivesNothing()
        }
    }

    @Test("However fast sessions come and go, none stays behind as available")
    func comingAndGoing() async throws {
        try await withHost(loops: 2) { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet", loop: 1)
            await juliet.becomesAvailable()
            var last: [TestUser] = []
            for round in 0..<60 {
                // Of five resources each is taken over from the other loop now and then.
                let romeo = try await host.user("romeo", "r\(round % 5)", loop: round)
                romeo.send("<presence/>")
                if round % 3 == 0 { await romeo.loseConnection() }
                if round >= 55 { last.append(romeo) }
            }
            for romeo in last { await romeo.loseConnection() }
            var seen: [String: Bool] = [:]
            for _ in 0..<1000 {
                await juliet.sync()
                for case .stanza(let stanza) in juliet.takeItems() {
                    seen[stanza.from?.description ?? ""] = stanza.type == .available
                }
                if seen.count == 5, !seen.values.contains(true) { break }
            }
            #expect(seen.count == 5)
            #expect(!seen.values.contains(true))
            #expect(host.host.sessions.sessions(of: last[0].account).isEmpty)
        }
    }

    @Test("A session that is gone before its roster was read is never seen")
    func lossWhileLoading() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            let romeo = try await host.user("romeo")
            romeo.send("<presence/>")
            await romeo.loseConnection()
            // A second session waits for the same roster, so the first has been dealt with.
            let desk = try await host.user("romeo", "desk")
            await desk.becomesAvailable()
            await juliet.receives(
                "<presence to='juliet@example.com' from='romeo@example.com/desk'/>")
            await juliet.receivesNothing()
        }
    }

    @Test("A session that ends while its presence goes out is unavailable afterwards")
    func lossWhileBroadcasting() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            let romeo = try await host.user("romeo")
            let bound = try #require(romeo.bound)
            let virtual = host.host
            // Another thread replaces the session just when its presence passes by.
            virtual.hooks.arriving.attach("test", .screen) { [weak virtual] stanza in
                if stanza.kind == .presence, stanza.type == .available {
                    virtual?.presence.ended(bound)
                }
                return .pass
            }
            romeo.send("<presence/>")
            await juliet.receives(
                "<presence to='juliet@example.com' from='romeo@example.com/home'/>",
                """
                <presence type='unavailable' to='juliet@example.com' \
                from='romeo@example.com/home'/>
                """)
            await romeo.sync()
            await juliet.receivesNothing()
        }
    }

    @Test("A session that was never available leaves without a word")
    func silentLoss() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            await romeo.loseConnection()
            await juliet.receivesNothing()
        }
    }

    @Test("Nothing is kept of accounts without sessions")
    func forgets() async throws {
        try await withHost { host in
            let presence = host.host.presence
            let romeo = try await host.user("romeo")
            let desk = try await host.user("romeo", "desk")
            #expect(presence.rosters.keptCount == 0)
            await romeo.becomesAvailable()
            #expect(presence.rosters.keptCount == 1)
            await romeo.loseConnection()
            #expect(presence.rosters.keptCount == 1)
            await desk.end()
            #expect(presence.rosters.keptCount == 0)
        }
    }

    @Test("After unavailable a session may become available anew")
    func returns() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .to)
            try await host.befriend("juliet", "romeo", .from)
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            let romeo = try await host.user("romeo")
            await romeo.becomesAvailable()
            await romeo.becomesAvailable("<presence type='unavailable'/>")
            romeo.send("<presence/>")
            await romeo.receives(
                "<presence to='romeo@example.com' from='romeo@example.com/home'/>",
                "<presence to='romeo@example.com' from='juliet@example.com/home'/>")
        }
    }

    // MARK: §4.7.2.3 priority

    @Test(
        "§4.7.2.3: presence with an impossible priority is refused and changes nothing",
        arguments: ["128", "-129", "high", "", "1.5"])
    func badPriority(priority: String) async throws {
        try await withHost { host in
            let desk = try await host.user("romeo", "desk")
            await desk.becomesAvailable()
            let romeo = try await host.user("romeo")
            romeo.send("<presence id='p'><priority>\(priority)</priority></presence>")
            let error = await romeo.next()
            #expect(error?.type == .error)
            #expect(error?.id == "p")
            #expect(error?.written.contains("<bad-request xmlns='\(Self.stanzaErrors)'/>") == true)
            #expect(romeo.bound?.isAvailable == false)
            await desk.receivesNothing()
        }
    }

    @Test("Messages that wait are fetched when a session first takes messages")
    func receptive() async throws {
        try await withHost { host in
            let calls = Atomic<Int>(0)
            host.host.hooks.becameAvailable.attach("test", .deliver) { _ in
                calls.wrappingAdd(1, ordering: .relaxed)
            }
            let romeo = try await host.user("romeo")
            func send(_ priority: Int) async -> Int {
                await romeo.becomesAvailable(
                    "<presence><priority>\(priority)</priority></presence>")
                return calls.load(ordering: .relaxed)
            }
            #expect(await send(-1) == 0)
            #expect(await send(-128) == 0)
            #expect(await send(0) == 1)
            #expect(await send(5) == 1)
            #expect(await send(-1) == 1)
            #expect(await send(1) == 2)
            await romeo.becomesAvailable("<presence type='unavailable'/>")
            #expect(await send(1) == 3)
        }
    }

    // MARK: §4.6 directed presence

    @Test("§4.6.3: whoever got directed presence hears when it ends")
    func directed() async throws {
        try await withHost { host in
            let component = TestComponent("rooms.example", host.router)
            let tybalt = try await host.user("tybalt")
            await tybalt.becomesAvailable()
            let romeo = try await host.user("romeo")
            romeo.send("<presence to='tybalt@example.com'><show>dnd</show></presence>")
            romeo.send("<presence to='verona@rooms.example/romeo'/>")
            romeo.send("<presence to='mantua@rooms.example/romeo'/>")
            romeo.send("<presence type='unavailable' to='mantua@rooms.example/romeo'/>")
            await tybalt.receives(
                """
                <presence to='tybalt@example.com' from='romeo@example.com/home'>\
                <show>dnd</show></presence>
                """)
            await component.receives(
                "<presence to='verona@rooms.example/romeo' from='romeo@example.com/home'/>",
                "<presence to='mantua@rooms.example/romeo' from='romeo@example.com/home'/>",
                """
                <presence type='unavailable' to='mantua@rooms.example/romeo' \
                from='romeo@example.com/home'/>
                """)
            await romeo.loseConnection()
            await tybalt.receives(
                """
                <presence type='unavailable' to='tybalt@example.com' \
                from='romeo@example.com/home'/>
                """)
            await component.receives(
                """
                <presence type='unavailable' to='verona@rooms.example/romeo' \
                from='romeo@example.com/home'/>
                """)
            await tybalt.receivesNothing()
            component.receivedNothing()
        }
    }

    @Test("§4.6.3: unavailable to all ends directed presence too, and nobody hears it twice")
    func directedAndBroadcast() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet")
            let tybalt = try await host.user("tybalt")
            let romeo = try await host.user("romeo")
            for user in [juliet, tybalt, romeo] { await user.becomesAvailable() }
            await juliet.ignoresWhatCame()
            romeo.send("<presence to='juliet@example.com/home'/>")
            romeo.send("<presence to='tybalt@example.com'/>")
            await romeo.becomesAvailable("<presence type='unavailable'/>")
            await juliet.receives(
                "<presence to='juliet@example.com/home' from='romeo@example.com/home'/>",
                """
                <presence type='unavailable' to='juliet@example.com' \
                from='romeo@example.com/home'/>
                """)
            await tybalt.receives(
                "<presence to='tybalt@example.com' from='romeo@example.com/home'/>",
                """
                <presence type='unavailable' to='tybalt@example.com' \
                from='romeo@example.com/home'/>
                """)
            await romeo.loseConnection()
            await juliet.receivesNothing()
            await tybalt.receivesNothing()
        }
    }

    @Test("Directed presence beyond the limit is refused")
    func directedLimit() async throws {
        try await withHost { host in
            _ = TestComponent("rooms.example", host.router)
            let romeo = try await host.user("romeo")
            for number in 0..<ClientResource.directedMax {
                romeo.send("<presence to='r\(number)@rooms.example/x'/>")
            }
            romeo.send("<presence to='r0@rooms.example/x'/>")
            await romeo.receivesNothing()
            romeo.send("<presence to='one-more@rooms.example/x'/>")
            #expect(await romeo.next()?.written.contains("resource-constraint") == true)
        }
    }

    // MARK: hooks

    @Test("Hooks see presence that leaves, and presence that arrives by the short way")
    func hooks() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .from)
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            host.host.hooks.presenceSent.attach("test", .stamp) { stanza in
                .change(stanza.appending(Element("photo", .vcard)))
            }
            let romeo = try await host.user("romeo")
            await romeo.becomesAvailable()
            await juliet.receives(
                """
                <presence to='juliet@example.com' from='romeo@example.com/home'>\
                <photo xmlns='vcard-temp'/></presence>
                """)
            host.host.hooks.arriving.attach("test", .screen) { stanza in
                stanza.to?.bare.localpart == "juliet" ? .drop : .pass
            }
            await romeo.becomesAvailable()
            host.host.hooks.arriving.detach("test")
            await juliet.receivesNothing()
        }
    }
}
