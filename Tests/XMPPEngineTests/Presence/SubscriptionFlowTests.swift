import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Subscription plays · RFC 6121 §3", .timeLimit(.minutes(2)))
struct SubscriptionFlowTests {
    /// Two users who asked for their rosters and are available.
    private func withLovers(
        loops: Int = 1,
        _ play: (TestHost, _ romeo: TestUser, _ juliet: TestUser) async throws -> Void
    ) async throws {
        try await withHost(loops: loops) { host in
            let romeo = try await host.user("romeo")
            let juliet = try await host.user("juliet", loop: loops - 1)
            for user in [romeo, juliet] {
                await user.becomesInterested()
                await user.becomesAvailable()
            }
            try await play(host, romeo, juliet)
        }
    }

    @Test("§3.1: a request is delivered, approved, and shows presence", arguments: [1, 2])
    func requestAndApproval(loops: Int) async throws {
        try await withLovers(loops: loops) { host, romeo, juliet in
            romeo.send("<presence type='subscribe' id='s1' to='juliet@example.com/home'/>")
            await romeo.receives(
                romeo.push("jid='juliet@example.com' subscription='none' ask='subscribe'"))
            await juliet.receives(
                """
                <presence type='subscribe' id='s1' to='juliet@example.com' \
                from='romeo@example.com'/>
                """)
            await juliet.receivesNothing()

            juliet.send("<presence type='subscribed' id='a1' to='romeo@example.com'/>")
            await juliet.receives(juliet.push("jid='romeo@example.com' subscription='from'"))
            await romeo.receives(
                """
                <presence type='subscribed' id='a1' to='romeo@example.com' \
                from='juliet@example.com'/>
                """,
                romeo.push("jid='juliet@example.com' subscription='to'"),
                "<presence to='romeo@example.com' from='juliet@example.com/home'/>")
            await juliet.receivesNothing()
            await romeo.receivesNothing()
        }
    }

    @Test("§3.1.5: the other direction makes it mutual")
    func mutual() async throws {
        try await withLovers { host, romeo, juliet in
            try await host.befriend("romeo", "juliet", .to)
            try await host.befriend("juliet", "romeo", .from)
            await romeo.ignoresWhatCame()
            await juliet.ignoresWhatCame()
            juliet.send("<presence type='subscribe' to='romeo@example.com'/>")
            await juliet.receives(
                juliet.push("jid='romeo@example.com' subscription='from' ask='subscribe'"))
            await romeo.receives(
                "<presence type='subscribe' to='romeo@example.com' from='juliet@example.com'/>")
            romeo.send("<presence type='subscribed' to='juliet@example.com'/>")
            await romeo.receives(romeo.push("jid='juliet@example.com' subscription='both'"))
            await juliet.receives(
                "<presence type='subscribed' to='juliet@example.com' from='romeo@example.com'/>",
                juliet.push("jid='romeo@example.com' subscription='both'"),
                "<presence to='juliet@example.com' from='romeo@example.com/home'/>")
        }
    }

    @Test("§3.2: a denied request is over on both sides")
    func denial() async throws {
        try await withLovers { host, romeo, juliet in
            romeo.send("<presence type='subscribe' to='juliet@example.com'/>")
            await romeo.ignoresWhatCame()
            await juliet.ignoresWhatCame()
            juliet.send("<presence type='unsubscribed' to='romeo@example.com'/>")
            await juliet.receivesNothing()
            await romeo.receives(
                """
                <presence type='unsubscribed' to='romeo@example.com' from='juliet@example.com'/>
                """,
                romeo.push("jid='juliet@example.com' subscription='none'"))
            #expect(await host.item("romeo@example.com", of: "juliet") == nil)
        }
    }

    @Test("§3.2: a cancelled subscriber sees unavailable, then unsubscribed")
    func cancellation() async throws {
        try await withLovers { host, romeo, juliet in
            try await host.befriend("romeo", "juliet", .both)
            try await host.befriend("juliet", "romeo", .both)
            await romeo.ignoresWhatCame()
            await juliet.ignoresWhatCame()
            juliet.send("<presence type='unsubscribed' to='romeo@example.com'/>")
            await juliet.receives(juliet.push("jid='romeo@example.com' subscription='to'"))
            await romeo.receives(
                """
                <presence type='unavailable' to='romeo@example.com' \
                from='juliet@example.com/home'/>
                """,
                """
                <presence type='unsubscribed' to='romeo@example.com' from='juliet@example.com'/>
                """,
                romeo.push("jid='juliet@example.com' subscription='from'"))
            await juliet.receivesNothing()
        }
    }

    @Test("§3.3: whoever unsubscribes sees unavailable")
    func unsubscription() async throws {
        try await withLovers { host, romeo, juliet in
            try await host.befriend("romeo", "juliet", .to)
            try await host.befriend("juliet", "romeo", .from)
            await romeo.ignoresWhatCame()
            await juliet.ignoresWhatCame()
            romeo.send("<presence type='unsubscribe' id='u' to='juliet@example.com'/>")
            await juliet.receives(
                """
                <presence type='unsubscribe' id='u' to='juliet@example.com' \
                from='romeo@example.com'/>
                """,
                juliet.push("jid='romeo@example.com' subscription='none'"))
            await romeo.receives(
                romeo.push("jid='juliet@example.com' subscription='none'"),
                """
                <presence type='unavailable' to='romeo@example.com' \
                from='juliet@example.com/home'/>
                """)
            await romeo.receivesNothing()
        }
    }

    @Test("§3.3: a request that is taken back leaves no trace with the contact")
    func withdrawal() async throws {
        try await withLovers { host, romeo, juliet in
            romeo.send("<presence type='subscribe' to='juliet@example.com'/>")
            await romeo.ignoresWhatCame()
            #expect(await host.item("romeo@example.com", of: "juliet")?.isListed == false)
            romeo.send("<presence type='unsubscribe' to='juliet@example.com'/>")
            await romeo.receives(romeo.push("jid='juliet@example.com' subscription='none'"))
            await romeo.receivesNothing()
            #expect(await host.item("romeo@example.com", of: "juliet") == nil)
        }
    }

    @Test("§3.4: a request approved in advance is granted at once")
    func preApproval() async throws {
        try await withLovers { host, romeo, juliet in
            juliet.send("<presence type='subscribed' to='romeo@example.com'/>")
            await juliet.receives(
                juliet.push("jid='romeo@example.com' subscription='none' approved='true'"))
            await juliet.receivesNothing()
            await romeo.receivesNothing()
            romeo.send("<presence type='subscribe' to='juliet@example.com'/>")
            await romeo.receives(
                romeo.push("jid='juliet@example.com' subscription='none' ask='subscribe'"),
                "<presence type='subscribed' to='romeo@example.com' from='juliet@example.com'/>",
                romeo.push("jid='juliet@example.com' subscription='to'"),
                "<presence to='romeo@example.com' from='juliet@example.com/home'/>")
            await juliet.receives(
                juliet.push("jid='romeo@example.com' subscription='from' approved='true'"))
            await juliet.receivesNothing()
        }
    }

    @Test("§3.4: an approval taken back is none, and nobody hears of it")
    func withdrawnApproval() async throws {
        try await withLovers { host, romeo, juliet in
            juliet.send("<presence type='subscribed' to='romeo@example.com'/>")
            await juliet.ignoresWhatCame()
            juliet.send("<presence type='unsubscribed' to='romeo@example.com'/>")
            await juliet.receives(juliet.push("jid='romeo@example.com' subscription='none'"))
            await juliet.sync()
            await romeo.receivesNothing()
            romeo.send("<presence type='subscribe' to='juliet@example.com'/>")
            await juliet.receives(
                "<presence type='subscribe' to='juliet@example.com' from='romeo@example.com'/>")
        }
    }

    @Test("§3.1.3: who is subscribed already is told so, without a word to the contact")
    func repeatedSubscription() async throws {
        try await withLovers { host, romeo, juliet in
            try await host.befriend("juliet", "romeo", .from)
            await juliet.ignoresWhatCame()
            romeo.send("<presence type='subscribe' to='juliet@example.com'/>")
            await romeo.receives(
                romeo.push("jid='juliet@example.com' subscription='none' ask='subscribe'"),
                "<presence type='subscribed' to='romeo@example.com' from='juliet@example.com'/>",
                romeo.push("jid='juliet@example.com' subscription='to'"),
                "<presence to='romeo@example.com' from='juliet@example.com/home'/>")
            await juliet.receivesNothing()
        }
    }

    @Test("§3.1.3: a second request is not delivered while the first waits")
    func repeatedRequest() async throws {
        try await withLovers { host, romeo, juliet in
            romeo.send("<presence type='subscribe' to='juliet@example.com'/>")
            romeo.send("<presence type='subscribe' to='juliet@example.com'/>")
            await romeo.sync()
            await juliet.receives(
                "<presence type='subscribe' to='juliet@example.com' from='romeo@example.com'/>")
            await juliet.receivesNothing()
        }
    }

    @Test("§3.1.3: a request waits whole until it is answered, and comes at every login")
    func waitingRequest() async throws {
        try await withHost { host in
            _ = try await host.account("juliet")
            let romeo = try await host.user("romeo")
            let wish = "<status>Let me &lt;in&gt;</status><x xmlns='urn:example:x' y='1'/>"
            romeo.send(
                "<presence type='subscribe' id='1' to='juliet@example.com'>\(wish)</presence>")
            romeo.send("<presence type='subscribe' id='2' to='juliet@example.com'/>")
            await romeo.sync()
            let request = """
                <presence type='subscribe' id='1' to='juliet@example.com' \
                from='romeo@example.com'>\(wish)</presence>
                """
            let home = try await host.user("juliet", "home")
            home.send("<presence/>")
            await home.receives(
                "<presence to='juliet@example.com' from='juliet@example.com/home'/>", request)
            // Later presence brings nothing anew.
            home.send("<presence><show>away</show></presence>")
            await home.sync()
            _ = await home.next()
            await home.receivesNothing()

            let desk = try await host.user("juliet", "desk")
            desk.send("<presence><priority>-1</priority></presence>")
            await desk.ignoresOwnPresence(and: request)
            desk.send("<presence type='subscribed' to='romeo@example.com'/>")
            await desk.sync()
            let phone = try await host.user("juliet", "phone")
            phone.send("<presence/>")
            await phone.ignoresOwnPresence(and: nil)
        }
    }

    // MARK: what goes nowhere

    @Test("§3.1.2: a request to a local account that is not there comes back")
    func noSuchAccount() async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            romeo.send("<presence type='subscribe' id='s' to='nobody@example.com'/>")
            await romeo.receives(
                romeo.push("jid='nobody@example.com' subscription='none' ask='subscribe'"),
                Self.error(
                    "item-not-found", "cancel", to: "romeo@example.com", from: "nobody@example.com")
            )
            let nobody = try #require(BareJID("nobody@example.com"))
            #expect(await host.items(of: nobody).isEmpty)
        }
    }

    @Test("§3.1.2: a request to a domain that cannot be reached comes back")
    func noSuchDomain() async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            romeo.send("<presence type='subscribe' id='s' to='x@nowhere.example'/>")
            await romeo.receives(
                romeo.push("jid='x@nowhere.example' subscription='none' ask='subscribe'"),
                Self.error(
                    "remote-server-not-found", "cancel", to: "romeo@example.com",
                    from: "x@nowhere.example"))
        }
    }

    private static func error(
        _ condition: String, _ type: String, to: String, from: String
    ) -> String {
        """
        <presence type='error' id='s' to='\(to)' from='\(from)'><error type='\(type)'>\
        <\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
        """
    }

    @Test(
        "A subscription to oneself is nothing",
        arguments: ["romeo@example.com", "romeo@example.com/home", "romeo@example.com/other"])
    func oneself(address: String) async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            await romeo.becomesAvailable()
            for type in ["subscribe", "subscribed", "unsubscribe", "unsubscribed"] {
                romeo.send("<presence type='\(type)' to='\(address)'/>")
            }
            await romeo.receivesNothing()
            #expect(await host.item("romeo@example.com", of: "romeo") == nil)
        }
    }

    @Test(
        "A subscription stanza without an address is refused",
        arguments: ["subscribe", "subscribed", "unsubscribe", "unsubscribed"])
    func noAddress(type: String) async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo")
            romeo.send("<presence type='\(type)' id='s'/>")
            await romeo.receives(
                """
                <presence type='error' id='s'><error type='modify'>\
                <bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
                """)
        }
    }

    @Test(
        "A.3: answers to what was never asked change nothing",
        arguments: ["subscribed", "unsubscribed", "unsubscribe"])
    func unaskedAnswers(type: String) async throws {
        try await withHost { host in
            let component = TestComponent("spam.example", host.router)
            let juliet = try await host.user("juliet")
            await juliet.becomesInterested()
            await juliet.becomesAvailable()
            let act = try #require(SubscriptionAct.allCases.first { "\($0.type)" == type })
            await component.send(
                .presence, act.type, from: "x@spam.example", to: "juliet@example.com")
            await juliet.receivesNothing()
            component.receivedNothing()
            #expect(await host.item("x@spam.example", of: "juliet") == nil)
        }
    }

    @Test("§8.5.1: a stranger's request to an account that is not there is ignored")
    func strangerToNobody() async throws {
        try await withHost { host in
            let component = TestComponent("spam.example", host.router)
            await component.send(
                .presence, .subscribe, from: "x@spam.example", to: "nobody@example.com")
            component.receivedNothing()
            #expect(await host.item("x@spam.example", of: "nobody") == nil)
        }
    }

    @Test("Whoever is about to be removed leaves everyone")
    func removedAccount() async throws {
        try await withHost { host in
            try await host.befriend("romeo", "juliet", .both)
            try await host.befriend("juliet", "romeo", .both)
            let juliet = try await host.user("juliet")
            await juliet.becomesInterested()
            let romeo = try await host.account("romeo")
            try await host.host.presence.endAllSubscriptions(of: romeo)
            await juliet.receives(
                "<presence type='unsubscribe' to='juliet@example.com' from='romeo@example.com'/>",
                juliet.push("jid='romeo@example.com' subscription='to'"),
                "<presence type='unsubscribed' to='juliet@example.com' from='romeo@example.com'/>",
                juliet.push("jid='romeo@example.com' subscription='none'"))
            #expect(await host.items(of: romeo).isEmpty)
        }
    }

    // MARK: limits

    @Test("A full roster takes no new contact, and the client is told")
    func fullRoster() async throws {
        try await withHost { host in
            host.host.presence.rosters.update(.init(itemsMax: 1))
            try await host.befriend("romeo", "nurse", .none)
            let romeo = try await host.user("romeo")
            _ = try await host.account("juliet")
            romeo.send("<presence type='subscribe' id='s' to='juliet@example.com'/>")
            let error = await romeo.next()
            #expect(error?.type == .error)
            #expect(error?.written.contains("resource-constraint") == true)
            #expect(await host.item("juliet@example.com", of: "romeo") == nil)
            #expect(await host.item("romeo@example.com", of: "juliet") == nil)
        }
    }

    @Test("Strangers' requests leave the owner of a roster room for contacts")
    func requestFlood() async throws {
        try await withHost { host in
            host.host.presence.rosters.update(.init(itemsMax: 4))
            let component = TestComponent("spam.example", host.router)
            let juliet = try await host.user("juliet")
            for number in 0..<6 {
                await component.send(
                    .presence, .subscribe, from: "x\(number)@spam.example",
                    to: "juliet@example.com")
            }
            for _ in 3..<6 {
                let written = await component.next()?.written
                #expect(written?.contains("resource-constraint") == true)
            }
            juliet.send("<presence type='subscribe' to='a@spam.example'/>")
            await juliet.sync()
            #expect(await host.item("a@spam.example", of: "juliet")?.isAsking == true)
        }
    }

    // MARK: beyond the host

    @Test("A component's users subscribe and are subscribed to")
    func component() async throws {
        try await withHost { host in
            let component = TestComponent("irc.example", host.router)
            let romeo = try await host.user("romeo")
            await romeo.becomesInterested()
            await romeo.becomesAvailable("<presence><show>chat</show></presence>")
            romeo.send("<presence type='subscribe' to='irc.example'/>")
            await component.receives(
                "<presence type='subscribe' to='irc.example' from='romeo@example.com'/>")
            await romeo.ignoresWhatCame()
            await component.send(
                .presence, .subscribed, from: "irc.example", to: "romeo@example.com")
            await romeo.receives(
                "<presence type='subscribed' to='romeo@example.com' from='irc.example'/>",
                romeo.push("jid='irc.example' subscription='to'"))
            await component.send(
                .presence, .subscribe, from: "irc.example", to: "romeo@example.com")
            romeo.send("<presence type='subscribed' to='irc.example'/>")
            await component.receives(
                "<presence type='subscribed' to='irc.example' from='romeo@example.com'/>",
                """
                <presence to='irc.example' from='romeo@example.com/home'>\
                <show>chat</show></presence>
                """)
        }
    }

    @Test("Two hosts of one server keep a subscription between them")
    func twoHosts() async throws {
        try await withHost { host in
            _ = try host.addHost("other.example")
            let romeo = try await host.user("romeo")
            let nurse = try await host.user("nurse@other.example")
            for user in [romeo, nurse] {
                await user.becomesInterested()
                await user.becomesAvailable()
            }
            romeo.send("<presence type='subscribe' to='nurse@other.example'/>")
            await nurse.receives(
                "<presence type='subscribe' to='nurse@other.example' from='romeo@example.com'/>")
            await romeo.ignoresWhatCame()
            nurse.send("<presence type='subscribed' to='romeo@example.com'/>")
            await romeo.receives(
                "<presence type='subscribed' to='romeo@example.com' from='nurse@other.example'/>",
                romeo.push("jid='nurse@other.example' subscription='to'"),
                "<presence to='romeo@example.com' from='nurse@other.example/home'/>")
        }
    }
}

extension TestUser {
    /// The echo of its presence, others' presence, and then what is expected, if anything.
    fileprivate func ignoresOwnPresence(
        and expected: String?, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await sync()
        let requests = takeAll().filter { $0.contains("type='subscribe'") }
        #expect(requests == (expected.map { [$0] } ?? []), sourceLocation: sourceLocation)
    }
}
