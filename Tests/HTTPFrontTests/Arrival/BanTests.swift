import Testing
import XMPPConfig
import XMPPEngine

@testable import HTTPFront

@Suite("Arrival: addresses that are kept out")
struct BanTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n"

    private static func server(
        banning bans: AddressBans, _ change: (inout HTTPServer.Door) -> Void
    ) throws -> TestServer {
        var door = HTTPServer.Door()
        door.bans = bans
        change(&door)
        return try TestServer([Mount(prefix: "/", handler: TestHandler.echo)], door: door)
    }

    private static func ban(_ address: String, in bans: AddressBans) throws {
        bans.failed(
            try #require(IPAddress(address)), account: nil,
            limits: AddressBans.Limits(failuresMax: 1, lifetime: 100))
    }

    private static func isRefused(_ answer: RawResponse) -> Bool {
        let seconds = answer["retry-after"].flatMap { Int($0) } ?? 0
        return answer.status == 403 && (1...100).contains(seconds)
            && answer["connection"] == "close" && answer.text.utf8.count < 200
    }

    @Test("the client of a PROXY header is refused at once, others are served")
    func proxied() throws {
        let bans = AddressBans()
        let server = try Self.server(banning: bans) { $0.usesProxyProtocol = true }
        try Self.ban("192.0.2.9", in: bans)
        func ask(_ address: String) throws -> RawResponse {
            let client = try server.client()
            client.send("PROXY TCP4 \(address) 192.0.2.1 1 2\r\n\(Self.get)\r\n")
            return try client.readResponse()
        }
        #expect(Self.isRefused(try ask("192.0.2.9")))
        #expect(try ask("192.0.2.10").status == 200)
        bans.lift(try #require(IPNetwork("192.0.2.9")))
        #expect(try ask("192.0.2.9").status == 200)
    }

    @Test("the client that a trusted proxy names is refused, the proxy brings others still")
    func forwarded() throws {
        let bans = AddressBans()
        let loopback = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
        let server = try Self.server(banning: bans) { $0.trustedProxies = { .networks(loopback) } }
        try Self.ban("2001:db8::9", in: bans)
        let mine = Self.get + "X-Forwarded-For: 2001:db8::77\r\nX: y"
        #expect(Self.isRefused(try server.ask(mine)))
        #expect(
            Self.isRefused(try server.ask(Self.get + "Forwarded: for=\"[2001:db8::1]\"\r\nX: y")))
        #expect(try server.ask(Self.get + "X-Forwarded-For: 192.0.2.9\r\nX: y").status == 200)
        #expect(try server.ask(Self.get + "X: y").status == 200)
    }

    @Test("a connection that was there before the ban is refused its next request")
    func kept() throws {
        let bans = AddressBans()
        let server = try Self.server(banning: bans) { $0.usesProxyProtocol = true }
        let client = try server.client()
        client.send("PROXY TCP4 192.0.2.9 192.0.2.1 1 2\r\n\(Self.get)\r\n")
        #expect(try client.readResponse().status == 200)
        try Self.ban("192.0.2.9", in: bans)
        client.send("\(Self.get)\r\n")
        #expect(Self.isRefused(try client.readResponse()))
        #expect(try client.readToEnd().isEmpty)
    }

    @Test("what a stranger says of itself neither bans nor frees")
    func stranger() throws {
        let bans = AddressBans()
        let server = try Self.server(banning: bans) { _ in }
        try Self.ban("192.0.2.9", in: bans)
        #expect(try server.ask(Self.get + "X-Forwarded-For: 192.0.2.9\r\nX: y").status == 200)
        try Self.ban("127.0.0.1", in: bans)
        #expect(Self.isRefused(try server.ask(Self.get + "X-Forwarded-For: 192.0.2.1\r\nX: y")))
    }
}
