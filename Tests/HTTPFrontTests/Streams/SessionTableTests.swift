import StreamFakes
import Testing
import XMPPConfig
import XMPPEngine

@testable import HTTPFront

@Suite("Sessions that outlive their requests", .timeLimit(.minutes(1)))
struct SessionTableTests {
    private final class Session: Sendable {}

    private static func client(_ network: UInt64?, max: Int = 2) -> SessionClient {
        SessionClient(network: network, countMax: max)
    }

    @Test("A client network has so many sessions that nobody has logged in to, another has its own")
    func perClient() {
        let table = SessionTable<Int, Session>(countMax: 100)
        #expect(table.insert(Session(), as: 1, for: Self.client(7)) == .entered)
        #expect(table.insert(Session(), as: 2, for: Self.client(7)) == .entered)
        #expect(table.insert(Session(), as: 3, for: Self.client(7)) == .tooManyOfClient)
        #expect(table[3] == nil)
        #expect(table.insert(Session(), as: 3, for: Self.client(8)) == .entered)
        #expect(table.count == 3)
    }

    @Test("A place is given back once: by the login or by the end")
    func givenBack() {
        let table = SessionTable<Int, Session>(countMax: 100)
        _ = table.insert(Session(), as: 1, for: Self.client(7, max: 1))
        table.loggedIn(1)
        table.loggedIn(1)
        #expect(table.unboundCount == 0)
        #expect(table.insert(Session(), as: 2, for: Self.client(7, max: 1)) == .entered)
        table.remove(1)
        #expect(table.unboundCount == 1)
        #expect(table.insert(Session(), as: 3, for: Self.client(7, max: 1)) == .tooManyOfClient)
        table.remove(2)
        table.remove(2)
        table.loggedIn(2)
        #expect(table.unboundCount == 0)
        #expect(table.count == 0)
        #expect(table.insert(Session(), as: 3, for: Self.client(7, max: 1)) == .entered)
    }

    @Test("Sessions without login never take more than half of the table, whosever they are")
    func half() {
        let table = SessionTable<Int, Session>(countMax: 10)
        for id in 0..<5 {
            #expect(table.insert(Session(), as: id, for: Self.client(nil)) == .entered)
        }
        #expect(table.insert(Session(), as: 5, for: Self.client(nil)) == .full)
        #expect(table.insert(Session(), as: 5, for: Self.client(9)) == .full)
        for id in 0..<5 { table.loggedIn(id) }
        for id in 5..<10 {
            #expect(table.insert(Session(), as: id, for: Self.client(nil)) == .entered)
        }
        for id in 5..<10 { table.loggedIn(id) }
        #expect(table.insert(Session(), as: 10, for: Self.client(nil)) == .full)
        #expect(table.unboundCount == 0)
        #expect(table.all.count == 10)
    }

    // MARK: over HTTP

    private static let header =
        "<stream:stream to='example.com' xmlns='jabber:client' version='1.0' "
        + "xmlns:stream='http://etherx.jabber.org/streams'>"
    private static let auth =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>"
    private static let bind =
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"

    private static func server(
        _ mount: Mount, door: HTTPServer.Door = HTTPServer.Door(), limitsLoopback: Bool = true
    ) throws -> TestServer {
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = 2
        limits.limitsLoopback = limitsLoopback
        return try TestServer([mount], limits: limits, door: door)
    }

    private static func options() -> C2SOptions {
        var options = C2SOptions()
        options.policy.tls = .unavailable
        return options
    }

    private static func post(
        _ body: String, _ path: String, fields: String = "", on client: RawClient
    ) throws -> RawResponse {
        client.send(
            "POST \(path) HTTP/1.1\r\nHost: x\r\n\(fields)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
        return try client.readResponse(to: "POST")
    }

    private static func identifier(_ answer: RawResponse) -> String {
        let cookie = answer["set-cookie"] ?? ""
        return String(cookie.dropFirst(3).prefix { $0 != ";" })
    }

    private static func poll(_ service: PollService) -> Mount {
        Mount(
            prefix: "/p",
            handler: PollHandler(service: service, directory: FakeHost(), options: options()))
    }

    @Test("Polling: too many sessions of one client are refused with 429 until one logs in")
    func polling() throws {
        let service = PollService(PollSettings())
        let server = try Self.server(Self.poll(service))
        let client = try server.client()
        let first = Self.identifier(try Self.post("0,\(Self.header)", "/p", on: client))
        let second = Self.identifier(try Self.post("0,\(Self.header)", "/p", on: client))
        #expect(second != "-1:0")
        let refused = try Self.post("0,\(Self.header)", "/p", on: client)
        #expect(refused.status == 429)
        #expect(Self.identifier(refused) == "-1:0")
        #expect(service.sessionCount == 2)
        #expect(
            try Self.post("\(first),\(Self.auth)", "/p", on: client).text.contains("<success"))
        #expect(
            try Self.post("\(first),\(Self.header)\(Self.bind)", "/p", on: client).text
                .contains("type='result'"))
        #expect(try Self.post("0,\(Self.header)", "/p", on: client).status == 200)
        #expect(try Self.post("0,\(Self.header)", "/p", on: client).status == 429)
        // The end gives a place back, too, once the client has heard of it.
        let ended = try Self.post("\(second),</stream:stream>", "/p", on: client)
        #expect(ended.text.contains("</stream:stream>"))
        let unknown = try Self.post("\(second),", "/p", on: client)
        #expect(Self.identifier(unknown) == "0:0")
        #expect(service.sessions.unboundCount == 1)
        #expect(try Self.post("0,\(Self.header)", "/p", on: client).status == 200)
        withExtendedLifetime(server) {}
    }

    @Test("Clients of a trusted proxy have limits of their own, the proxy itself has none")
    func proxies() throws {
        let service = PollService(PollSettings())
        var door = HTTPServer.Door()
        door.trustedProxies = { .all }
        let server = try Self.server(Self.poll(service), door: door, limitsLoopback: false)
        let client = try server.client()
        for network in ["192.0.2.1", "192.0.2.2", "2001:db8::1"] {
            let fields = "X-Forwarded-For: \(network)\r\n"
            for status in [200, 200, 429] {
                let answer = try Self.post("0,\(Self.header)", "/p", fields: fields, on: client)
                #expect(Int(answer.status) == status, "\(network)")
            }
        }
        let neighbour = "X-Forwarded-For: 2001:db8::2\r\n"
        #expect(
            try Self.post("0,\(Self.header)", "/p", fields: neighbour, on: client).status == 429)
        for _ in 0..<3 {
            #expect(try Self.post("0,\(Self.header)", "/p", on: client).status == 200)
        }
        withExtendedLifetime(server) {}
    }

    @Test("BOSH: too many sessions of one client are refused with policy-violation")
    func bosh() throws {
        var settings = BOSHSettings()
        settings.polling = 0
        let service = BOSHService(settings)
        let server = try Self.server(
            Mount(
                prefix: "/b",
                handler: BOSHHandler(
                    service: service, directory: FakeHost(), options: Self.options())))
        let client = try server.client()
        func create(_ version: String = "ver='1.11'") throws -> BOSHReply {
            BOSHReply(
                try Self.post(
                    "<body rid='1' to='example.com' wait='60' hold='1' \(version) "
                        + "xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh' "
                        + "xmlns='\(BOSHScene.namespace)'/>", "/b", on: client))
        }
        let sid = try #require(try create()["sid"])
        #expect(try create()["sid"] != nil)
        let refused = try create()
        #expect(refused.isTerminate)
        #expect(refused["condition"] == "policy-violation")
        #expect(try create("").response.status == 403)
        #expect(service.sessionCount == 2)
        var rid = 1
        func send(_ content: String, _ attributes: String = "") throws -> String {
            rid += 1
            return try Self.post(
                "<body rid='\(rid)' sid='\(sid)' \(attributes) xmlns:xmpp='urn:xmpp:xbosh' "
                    + "xmlns='\(BOSHScene.namespace)'>\(content)</body>", "/b", on: client
            ).text
        }
        #expect(try send(Self.auth).contains("<success"))
        _ = try send("", "xmpp:restart='true' to='example.com'")
        #expect(
            try send(
                "<iq xmlns='jabber:client' type='set' id='b'>"
                    + "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
            ).contains("type='result'"))
        #expect(try create()["sid"] != nil)
        #expect(try create().isTerminate)
        withExtendedLifetime(server) {}
    }
}
