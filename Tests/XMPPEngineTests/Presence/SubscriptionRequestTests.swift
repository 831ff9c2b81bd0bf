import Testing

@testable import XMPPCore
@testable import XMPPEngine
@testable import XMPPStorage

@Suite("Requests that wait for an answer · RFC 6121 §3.1.3", .timeLimit(.minutes(2)))
struct SubscriptionRequestTests {
    private static let limit = SubscriptionRequest.bytesMax

    private static func request(
        id: String? = "1", language: String? = nil, _ elements: [Element]
    ) -> Stanza {
        Stanza(
            .presence, type: .subscribe, id: id, from: JID("romeo@example.com"),
            to: JID("juliet@example.com"), language: language, payload: Payload(elements))
    }

    private static func extra(_ number: Int, bytes: Int) -> Element {
        Element("x\(number)", Namespace("urn:example:x"), text: filler(bytes))
    }

    private static func filler(_ bytes: Int) -> String { String(repeating: "a", count: bytes) }

    private static let status = Element("status", .client, text: "Let me in & out")
    private static let nick = Element("nick", .nick, text: "Romeo")

    /// What is kept of a request, read again.
    private static func kept(_ stanza: Stanza) throws -> Stanza {
        let bytes = SubscriptionRequest.encode(stanza)
        #expect(bytes.count <= limit)
        return SubscriptionRequest.decode(
            bytes, from: try #require(BareJID("romeo@example.com")),
            to: try #require(BareJID("juliet@example.com")))
    }

    // MARK: what is kept of one

    @Test("One that fits is kept whole, to the last byte that fits")
    func whole() throws {
        let empty = Self.request(language: "it", [Self.status, Self.extra(1, bytes: 0)])
        // The empty element was written in one tag.
        let room = Self.limit - empty.storedBytes.count - "></x1>".utf8.count + "/>".utf8.count
        let full = Self.request(language: "it", [Self.status, Self.extra(1, bytes: room)])
        #expect(full.storedBytes.count == Self.limit)
        let kept = try Self.kept(full)
        #expect(kept.payload == full.payload)
        #expect(kept.language == "it")
        #expect(kept.id == "1")
        let over = Self.request(language: "it", [Self.status, Self.extra(1, bytes: room + 1)])
        #expect(try Self.kept(over).payload == Payload([Self.status]))
    }

    @Test("Of a larger one words and names stay, and of the rest what fits, in its order")
    func shortened() throws {
        let kept = try Self.kept(
            Self.request([
                Self.extra(1, bytes: 1500), Self.extra(2, bytes: 1 << 18),
                Self.extra(3, bytes: 1500), Self.nick, Self.extra(4, bytes: 1500),
                Self.extra(5, bytes: 200), Self.status,
            ]))
        #expect(kept.elements.map(\.name) == ["x1", "x3", "nick", "x5", "status"])
        #expect(kept.payload.first("status", .client) == Self.status)
        #expect(kept.id == "1")
    }

    @Test("What is for people has a limit, too", arguments: ["status", "nick"])
    func longWords(name: String) throws {
        let long = Element(name, name == "nick" ? .nick : .client, text: Self.filler(Self.limit))
        let kept = try Self.kept(Self.request([long, Self.extra(1, bytes: 10)]))
        #expect(kept.elements.map(\.name) == ["x1"])
        #expect(try Self.kept(Self.request([long])).payload.isEmpty)
    }

    @Test("A `status` of another namespace is not for people")
    func otherNamespace() throws {
        let foreign = Element("status", Namespace("urn:example:x"), text: Self.filler(4000))
        let kept = try Self.kept(Self.request([foreign, Self.status, Self.extra(1, bytes: 300)]))
        #expect(kept.payload == Payload([Self.status, Self.extra(1, bytes: 300)]))
    }

    @Test("Long attributes go, and do not take the content with them")
    func longAttributes() throws {
        let long = Self.filler(1 << 16)
        for stanza in [
            Self.request(id: long, [Self.status]), Self.request(language: long, [Self.status]),
        ] {
            let kept = try Self.kept(stanza)
            #expect(kept.payload == Payload([Self.status]))
            #expect(kept.id == nil)
            #expect(kept.language == nil)
        }
    }

    @Test("The longest addresses are kept, whatever else is there")
    func longAddresses() throws {
        let part = Self.filler(1023)
        let label = Self.filler(63)
        let domain = [label, label, label, "x"].joined(separator: ".")
        let from = try #require(BareJID("\(part)@\(domain)"))
        let stanza = Self.request([Self.extra(1, bytes: Self.limit)])
            .readdressed(from: JID(from), to: JID(from))
        let bytes = SubscriptionRequest.encode(stanza)
        #expect(SubscriptionRequest.decode(bytes, from: from, to: from).from == JID(from))
        #expect(bytes.count <= Self.limit)
    }

    // MARK: plays

    @Test("One that is shortened comes at the next login with what people read")
    func playShortened() async throws {
        try await withHost { host in
            _ = try await host.account("juliet")
            let romeo = try await host.user("romeo")
            let long = Self.filler(Self.limit)
            let nick = "<nick xmlns='http://jabber.org/protocol/nick'>Romeo</nick>"
            romeo.send(
                """
                <presence type='subscribe' to='juliet@example.com'>\
                <x xmlns='urn:example:x'>\(long)</x><status>Me</status>\(nick)</presence>
                """)
            await romeo.sync()
            let juliet = try await host.user("juliet")
            juliet.send("<presence/>")
            await juliet.receives(
                "<presence to='juliet@example.com' from='juliet@example.com/home'/>",
                """
                <presence type='subscribe' to='juliet@example.com' from='romeo@example.com'>\
                <status>Me</status>\(nick)</presence>
                """)
        }
    }

    @Test("Who is there gets it whole")
    func playWhole() async throws {
        try await withHost { host in
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            let romeo = try await host.user("romeo")
            let extra = "<x xmlns='urn:example:x'>\(Self.filler(Self.limit))</x>"
            romeo.send("<presence type='subscribe' to='juliet@example.com'>\(extra)</presence>")
            await juliet.receives(
                """
                <presence type='subscribe' to='juliet@example.com' \
                from='romeo@example.com'>\(extra)</presence>
                """)
        }
    }

    @Test("Where no room is left the sender is told, nobody sees it, and short ones still come")
    func playFull() async throws {
        try await withHost { host in
            let component = TestComponent("spam.example", host.router)
            let juliet = try await host.user("juliet")
            await juliet.becomesAvailable()
            func ask(_ number: Int, _ bytes: Int) async {
                await component.send(
                    .presence, .subscribe, from: "x\(number)@spam.example",
                    to: "juliet@example.com", [Self.extra(1, bytes: bytes)])
            }
            let most = RosterTable.requestBytesMax / Self.limit
            for number in 0..<most { await ask(number, Self.limit - 200) }
            // Each leaves a little.
            var last = most
            while await host.item("x\(last - 1)@spam.example", of: "juliet") != nil {
                await ask(last, Self.limit - 200)
                last += 1
                try #require(last < most * 2)
            }
            await juliet.ignoresWhatCame()
            #expect(
                await component.next()?.written.contains("type='error'") == true,
                "the first that was refused")
            await ask(last, Self.limit - 200)
            let written = try #require(await component.next()?.written)
            #expect(written.contains("type='wait'"))
            #expect(written.contains("resource-constraint"))
            await juliet.receivesNothing()
            await ask(last + 1, 10)
            component.receivedNothing()
            #expect(await host.item("x\(last + 1)@spam.example", of: "juliet") != nil)
            // An answer makes room.
            for number in 0..<2 {
                juliet.send("<presence type='unsubscribed' to='x\(number)@spam.example'/>")
            }
            await juliet.sync()
            await ask(last, Self.limit - 200)
            #expect(await host.item("x\(last)@spam.example", of: "juliet") != nil)
        }
    }
}
