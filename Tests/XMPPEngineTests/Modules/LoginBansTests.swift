import NIOCore
import Testing
import XMPPConfig
import XMPPCore

@testable import XMPPEngine

@Suite("mod_fail2ban")
struct LoginBansTests {
    /// A host with the module and three failures allowed.
    private func play(
        _ options: String = "", _ act: (TestHost, AddressBans) async throws -> Void
    ) async throws {
        let schema = ConfigurationSchema(
            modules: Catalogue.modules.map {
                ConfigurationSchema.Module($0.name, options: $0.options)
            })
        let text = """
            hosts: [example.com]
            acl:
              friends:
                ip: 198.51.100.0/24
            access_rules:
              friends:
                allow: friends
            modules:
              mod_fail2ban:
                c2s_max_auth_failures: 3
                c2s_auth_ban_lifetime: 60
            \(options)
            """
        let configuration = try ConfigurationLoader.load(
            text: text, named: "test.yml", schema: schema
        ).configuration
        let module = try #require(Catalogue.modules.first { $0.name == "mod_fail2ban" })
        let values = try #require(configuration.host("example.com")?.modules[module.name])
        try await withHost { host in
            let bans = AddressBans()
            let facts = ServerFacts(
                version: "test", startedAt: .now, registrations: RegistrationThrottle(interval: 1),
                bans: bans, dataDirectory: "/")
            module.attach(
                ModuleContext(
                    host: host.host, options: values, access: configuration.access, server: facts))
            try await act(host, bans)
            module.detach(from: host.host)
        }
    }

    /// A stream from an address, after its header.
    private func stream(_ host: TestHost, from address: String) async -> Client {
        let client = Client(host, address: address)
        await client.send(
            """
            <stream:stream to='example.com' version='1.0' xmlns='jabber:client' \
            xmlns:stream='http://etherx.jabber.org/streams'>
            """)
        return client
    }

    /// What is heard until the stream is over or the login is refused.
    private func guess(_ host: TestHost, from address: String) async -> [String] {
        let client = await stream(host, from: address)
        defer { client.leave() }
        if let end = await client.features() { return [end] }
        let plain = Base64.encode(Array("\0romeo\0wrong".utf8))
        await client.send(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>\(plain)</auth>")
        return await client.outcome()
    }

    private static let wrong = "failure not-authorized"
    private static let ban = "closed policy-violation"

    @Test("The third wrong password ends the stream, and the next stream is closed at once")
    func streams() async throws {
        try await play { host, bans in
            for _ in 0..<2 { #expect(await guess(host, from: "192.0.2.9") == [Self.wrong]) }
            #expect(await guess(host, from: "192.0.2.9") == [Self.wrong, Self.ban])
            #expect(await guess(host, from: "192.0.2.9") == [Self.ban])
            #expect(await guess(host, from: "192.0.2.10") == [Self.wrong])
            bans.lift(try #require(IPNetwork("192.0.2.9")))
            #expect(await guess(host, from: "192.0.2.9") == [Self.wrong])
        }
    }

    @Test("A guess that was under way when the ban came hears nothing of its password")
    func underWay() async throws {
        try await play { host, bans in
            let client = await stream(host, from: "192.0.2.9")
            #expect(await client.features() == nil)
            let address = try #require(IPAddress("192.0.2.9"))
            for _ in 0..<3 {
                bans.failed(
                    address, account: nil, limits: AddressBans.Limits(failuresMax: 3, lifetime: 9))
            }
            let plain = Base64.encode(Array("\0romeo\0wrong".utf8))
            await client.send(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>\(plain)</auth>")
            #expect(await client.outcome() == [Self.ban])
        }
    }

    @Test(
        "What is no guess does not count",
        arguments: [
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='X'>AA==</auth>",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>!</auth>",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AAAA</auth>",
            """
            <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'/>\
            <abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
            """,
        ])
    func noGuess(auth: String) async throws {
        try await play { host, bans in
            for _ in 0..<5 {
                let client = await stream(host, from: "192.0.2.9")
                #expect(await client.features() == nil)
                await client.send(auth)
                #expect(await client.outcome().first?.hasPrefix("failure") == true)
                client.leave()
            }
            #expect(bans.networkCount == 0)
        }
    }

    @Test("This machine and who is exempt are not banned")
    func exempt() async throws {
        try await play("    access: friends") { host, bans in
            for address in ["127.0.0.1", "::1", "198.51.100.7", ""] {
                for _ in 0..<5 { #expect(await guess(host, from: address) == [Self.wrong]) }
            }
            #expect(bans.networkCount == 0)
        }
    }

    @Test("This machine is banned where the option says so")
    func loopback() async throws {
        try await play("    ban_loopback: true") { host, _ in
            for _ in 0..<3 { _ = await guess(host, from: "127.0.0.1") }
            #expect(await guess(host, from: "127.0.0.1") == [Self.ban])
        }
    }
}

/// A stream that has not logged in, from an address of the test's choice.
private final class Client: Sendable {
    private let session: C2SSession
    private let inbox = Inbox()
    private let parsers = Parsers()
    private let loop: StreamLoop

    init(_ host: TestHost, address: String) {
        loop = host.loops[0]
        var options = C2SOptions()
        options.negotiationTimeout = 0
        options.plainWithoutTLS = .always
        options.policy.tls = .unavailable
        session = C2SSession(
            transport: TestTransport(loop: loop, inbox: inbox),
            peer: PeerFacts(address: address, isLoopback: false), directory: host.directory,
            options: options)
    }

    func send(_ xml: String) async {
        let (session, parsers) = (session, parsers)
        await session.onLoop { parsers.feed(xml, to: session) }
    }

    /// Waits for the stream features; what came in their place, `nil` when they did.
    func features() async -> String? {
        guard let item = await inbox.next() else { return "nothing" }
        if case .nonza(let element) = item, element.name == "features" { return nil }
        return Self.word(item)
    }

    /// The answer to a login, and the end of the stream if that came with it.
    func outcome() async -> [String] {
        var words: [String] = []
        while let item = await inbox.next() {
            if case .nonza(let element) = item, element.name == "challenge" { continue }
            words.append(Self.word(item))
            break
        }
        // What comes with the answer comes in the same turn of the loop.
        await session.onLoop {}
        return words + inbox.takeAll().map(Self.word)
    }

    func leave() {
        let session = session
        loop.execute { session.transportLost() }
    }

    private static func word(_ item: Inbox.Item) -> String {
        switch item {
        case .closed(let error): "closed \(error?.condition.rawValue ?? "-")"
        case .nonza(let element): "\(element.name) \(element.elements.first?.name ?? "")"
        case .stanza: "stanza"
        }
    }
}
