import Glibc
import Synchronization
import Testing
import XMPPConfig

@testable import HTTPFront

@Suite("Arrival: PROXY headers, trusted proxies, counts")
struct ArrivalTests {
    /// Says who the client is, how it came and for which host.
    private static let whoAsks = TestHandler { exchange in
        let way = exchange.isSecure ? "secure" : "clear"
        exchange.respond(
            .ok, body: .text("\(exchange.peer) \(way) \(exchange.host ?? "-")"))
    }

    private static func server(
        _ endpoint: HTTPEndpoint = HTTPEndpoint(.port(0, ip: "127.0.0.1")),
        limits: HTTPLimits = HTTPLimits(), _ change: (inout HTTPServer.Door) -> Void
    ) throws -> TestServer {
        var door = HTTPServer.Door()
        change(&door)
        return try TestServer(
            [Mount(prefix: "/", handler: whoAsks)], limits: limits, endpoint: endpoint, door: door)
    }

    private static let get = "GET / HTTP/1.1\r\nHost: h.example:80\r\n"

    @Test(
        "a PROXY header names the client, and not a byte behind it is lost",
        arguments: [
            ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "192.0.2.1 clear h.example"),
            ("PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "2001:db8::1 clear h.example"),
            ("PROXY UNKNOWN\r\n", "127.0.0.1 clear h.example"),
        ])
    func proxyHeader(header: String, answer: String) throws {
        let server = try Self.server { $0.usesProxyProtocol = true }
        let atOnce = try server.client()
        atOnce.send(header + Self.get + "\r\n")
        #expect(try atOnce.readResponse().text == answer)
        let slowly = try server.client()
        for byte in (header + Self.get + "\r\n").utf8 { slowly.send([byte]) }
        #expect(try slowly.readResponse().text == answer)
    }

    @Test(
        "without a proper PROXY header there is no answer",
        arguments: ["", "PROXY TCP4 1.2.3.4\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", "\r\n"])
    func noProxyHeader(header: String) throws {
        let server = try Self.server { $0.usesProxyProtocol = true }
        let client = try server.client()
        client.send(header + Self.get + "\r\n")
        #expect(try client.readToEnd().isEmpty)
    }

    @Test("the fields of a trusted proxy count, those of others do not")
    func trustedProxy() throws {
        let said =
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: chat.example\r\n"
        let trusting = try Self.server { $0.trustedProxies = { .all } }
        #expect(try trusting.ask(Self.get + said + "X: y").text == "192.0.2.1 secure chat.example")
        #expect(try trusting.ask(Self.get + "X: y").text == "127.0.0.1 clear h.example")
        let wary = try Self.server { _ in }
        #expect(try wary.ask(Self.get + said + "X: y").text == "127.0.0.1 clear h.example")
        let lying = Self.get + "Forwarded: for=192.0.2.2\r\n" + said + "X: y"
        #expect(try trusting.ask(lying).status == 400)
    }

    @Test("Strict-Transport-Security goes over TLS only (RFC 6797 §7.2)")
    func strictTransport() throws {
        let field = HTTPField("Strict-Transport-Security", "max-age=300")
        let server = try Self.server {
            $0.trustedProxies = { .all }
            $0.strictTransport = field
        }
        let secure = Self.get + "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https"
        #expect(try server.ask(secure)["strict-transport-security"] == "max-age=300")
        let clear = Self.get + "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http"
        #expect(try server.ask(clear)["strict-transport-security"] == nil)
        #expect(try server.ask(Self.get + "X: y")["strict-transport-security"] == nil)
        let usual = try Self.server { $0.trustedProxies = { .all } }
        #expect(try usual.ask(secure)["strict-transport-security"] == nil)
    }

    @Test("a unix socket is trusted where loopback addresses are")
    func unixSocket() throws {
        let folder = try TestFolder()
        let path = folder.path + "/web.sock"
        var endpoint = HTTPEndpoint(.unix(path: path))
        endpoint.mode = 0o600
        let loopback = [IPNetwork("::1")].compactMap { $0 }
        let server = try Self.server(endpoint) { $0.trustedProxies = { .networks(loopback) } }
        let client = try RawClient(unixPath: path)
        client.send(Self.get + "X-Forwarded-For: 192.0.2.1\r\n\r\n")
        #expect(try client.readResponse().text == "192.0.2.1 clear h.example")
        var facts = stat()
        #expect(stat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
        server.stop()
    }

    @Test("requests that proxies hold for one client have a limit: 429")
    func requestsOfOneClient() throws {
        let shelf = Shelf()
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = 2
        var door = HTTPServer.Door()
        door.trustedProxies = { .all }
        let server = try TestServer(
            [Mount(prefix: "/", handler: shelf.handler())], limits: limits, door: door)
        let request = Self.get + "X-Forwarded-For: 192.0.2.1\r\n\r\n"
        let held = try (0..<2).map { _ in
            let client = try server.client()
            client.send(request)
            return client
        }
        let arrived = Signal()
        for _ in held { shelf.withNext { _ in arrived.raise() } }
        for _ in held { #expect(arrived.wait()) }
        let refused = try server.client()
        refused.send(request)
        #expect(try refused.readResponse().status == 429)
        withExtendedLifetime(held) {}
    }

    @Test("more connections than the listener may have are refused with 503")
    func connectionsInAll() throws {
        var limits = HTTPLimits()
        limits.serverConnectionsMax = 2
        let server = try Self.server(limits: limits) { _ in }
        let kept = try (0..<2).map { _ in
            let client = try server.client()
            client.send(Self.get + "\r\n")
            #expect(try client.readResponse().status == 200)
            return client
        }
        let refused = try server.client()
        #expect(try refused.readResponse().status == 503)
        withExtendedLifetime(kept) {}
    }
}
