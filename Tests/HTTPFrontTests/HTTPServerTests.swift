import Glibc
import Logging
import NIOCore
import Testing

@testable import HTTPFront

@Suite("HTTP server")
struct HTTPServerTests {
    private static func named(_ name: String) -> TestHandler {
        TestHandler { $0.respond(.ok, body: .text("\(name) \($0.subpath)")) }
    }

    @Test("the longest prefix wins, whole segments only")
    func routes() throws {
        let server = try TestServer([
            Mount(prefix: "/", handler: Self.named("root")),
            Mount(prefix: "/a", handler: Self.named("a")),
            Mount(prefix: "/a/b/", handler: Self.named("ab")),
        ])
        func text(_ path: String) throws -> String {
            try server.ask("GET \(path) HTTP/1.1\r\nHost: h").text
        }
        #expect(try text("/") == "root /")
        #expect(try text("/a") == "a ")
        #expect(try text("/a/x") == "a /x")
        #expect(try text("/ab") == "root /ab")
        #expect(try text("/a/b") == "ab ")
        #expect(try text("/a/b/c") == "ab /c")
        #expect(try text("http://other.example/a/x") == "a /x")
        #expect(try text("/a/../b") == "400 Bad Request\n")
    }

    @Test("without a handler: 404; for the server itself: OPTIONS *")
    func noHandler() throws {
        let server = try TestServer([Mount(prefix: "/a", handler: Self.named("a"))])
        #expect(try server.ask("GET /b HTTP/1.1\r\nHost: h").status == 404)
        #expect(try server.ask("OPTIONS * HTTP/1.1\r\nHost: h").status == 204)
        #expect(try server.ask("GET * HTTP/1.1\r\nHost: h").status == 400)
    }

    @Test("a new site serves open connections from the next request on")
    func changesSite() throws {
        let server = try TestServer([Mount(prefix: "/", handler: Self.named("old"))])
        let client = try server.client()
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readResponse().text == "old /")
        server.server.site = Site([Mount(prefix: "/", handler: Self.named("new"))])
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readResponse().text == "new /")
    }

    @Test("a port that is taken is named in the error; once free it can be had")
    func bindError() throws {
        let first = try TestServer([])
        let endpoint = HTTPEndpoint(.port(first.server.port, ip: "127.0.0.1"))
        #expect(throws: HTTPServerError.bind(address: "\(endpoint)", errno: EADDRINUSE)) {
            try TestServer([], endpoint: endpoint)
        }
        first.stop()
        let second = try TestServer([], endpoint: endpoint)
        #expect(second.server.port == first.server.port)
        #expect(throws: HTTPServerError.badAddress("here:80")) {
            try TestServer([], endpoint: HTTPEndpoint(.port(80, ip: "here")))
        }
    }

    @Test("a unix socket, also over one left by a dead server; IPv6 and IPv4 on one port")
    func otherEndpoints() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/http"
        for _ in 1...2 {
            let server = try TestServer(
                [
                    Mount(
                        prefix: "/",
                        handler: TestHandler { $0.respond(.ok, body: .text("\($0.peer)")) })
                ],
                endpoint: HTTPEndpoint(.unix(path: path)))
            let client = try RawClient(unixPath: path)
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.readResponse().text == "local")
            server.stop()
            let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(left) }
            let isBound = SocketAddressBytes(unixPath: path)?.with { bind(left, $0, $1) == 0 }
            #expect(isBound == true)
        }
        let both = try TestServer(
            [
                Mount(
                    prefix: "/", handler: TestHandler { $0.respond(.ok, body: .text("\($0.peer)")) }
                )
            ],
            endpoint: HTTPEndpoint(.port(0, ip: "::")))
        #expect(try both.ask("GET / HTTP/1.1\r\nHost: h").text == "127.0.0.1")
    }

    @Test("CORS: listed origins, others, preflight")
    func cors() throws {
        var policy = CORSPolicy(origins: .listed(["https://a.example"]))
        policy.requestFields = ["Content-Type"]
        let server = try TestServer([
            Mount(prefix: "/", handler: Self.named("x"), cors: policy),
            Mount(prefix: "/any", handler: Self.named("x"), cors: CORSPolicy(origins: .any)),
            Mount(prefix: "/none", handler: Self.named("x")),
        ])
        func ask(_ path: String, _ origin: String) throws -> String? {
            try server.ask("GET \(path) HTTP/1.1\r\nHost: h\r\nOrigin: \(origin)")[
                "access-control-allow-origin"]
        }
        #expect(try ask("/", "https://a.example") == "https://a.example")
        #expect(try ask("/", "https://b.example") == nil)
        #expect(try ask("/any", "https://b.example") == "*")
        #expect(try ask("/none", "https://a.example") == nil)
        let preflight = "Access-Control-Request-Method: POST"
        let allowed = try server.ask(
            "OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example\r\n\(preflight)")
        #expect(allowed.status == 204)
        #expect(allowed["access-control-allow-origin"] == "https://a.example")
        #expect(allowed["access-control-allow-methods"] == "GET, POST")
        #expect(allowed["access-control-allow-headers"] == "Content-Type")
        #expect(allowed["access-control-max-age"] == "86400")
        #expect(allowed["vary"] == "Origin")
        let refused = try server.ask(
            "OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: https://b.example\r\n\(preflight)")
        #expect(refused["access-control-allow-methods"] == nil)
    }

    @Test("fields that would end the head early are left out")
    func unsafeFields() throws {
        let handler = TestHandler { exchange in
            exchange.respond(
                .ok,
                fields: [HTTPField("X-Bad", "a\r\nX-Evil: b"), HTTPField("X-Good", "c")])
        }
        let server = try TestServer([Mount(prefix: "/", handler: handler)])
        let answer = try server.ask("GET / HTTP/1.1\r\nHost: h")
        #expect(answer["x-evil"] == nil && answer["x-bad"] == nil)
        #expect(answer["x-good"] == "c")
    }

    @Test("connections are dealt out to all loops; handlers run on the loop of their exchange")
    func spreadsOverLoops() throws {
        let handler = TestHandler { exchange in
            #expect(exchange.loop.isCurrent)
            exchange.respond(.ok, body: .text(exchange.loop.name))
        }
        let server = try TestServer([Mount(prefix: "/", handler: handler)], loopCount: 2)
        let names = try (0..<6).map { _ in try server.ask("GET / HTTP/1.1\r\nHost: h").text }
        #expect(Set(names) == ["loop 0", "loop 1"])
    }

    @Test("a large buffer is sent from where it lies")
    func sharesBuffer() throws {
        let handler = TestHandler { exchange in
            exchange.respond(.ok, body: .buffer(ByteBuffer(repeating: 97, count: 500_000)))
        }
        let server = try TestServer([Mount(prefix: "/", handler: handler)])
        #expect(try server.ask("GET / HTTP/1.1\r\nHost: h").body.count == 500_000)
    }

    @Test("the access log has one safe line an answer")
    func logs() throws {
        let folder = try TestFolder()
        let log = try AccessLog(path: "\(folder.path)/access.log")
        let server = try TestServer(
            [Mount(prefix: "/", handler: Self.named("x"))], accessLog: log)
        _ = try server.ask(
            "GET /a?b HTTP/1.1\r\nHost: h\r\nUser-Agent: \"evil\\\r\nReferer: http://r/")
        server.stop()
        log.close()
        let line = folder.read("access.log")
        #expect(line.hasPrefix("127.0.0.1 - - ["))
        #expect(
            line.hasSuffix(
                " +0000] \"GET /a?b HTTP/1.1\" 200 4 \"http://r/\" \"\\\"evil\\\\\"\n"))
        #expect(AccessLine.escaped("a\u{1}\u{e9}") == "a\\x1\\xe9")
    }
}

@Suite("Loop")
struct HTTPLoopTests {
    private static func loop() throws -> HTTPLoop {
        var log = Logger(label: "loop test")
        log.logLevel = .critical
        return try HTTPLoop(name: "loop", log: log)
    }

    @Test("letters run in order, on the loop, also those sent from the loop")
    func executes() throws {
        let loop = try Self.loop()
        let done = Signal()
        let order = Order()
        for number in 0..<1000 {
            loop.execute {
                order.numbers.append(number)
                guard number == 500 else { return }
                loop.execute {
                    order.numbers.append(-1)
                    done.raise()
                }
            }
        }
        #expect(done.wait())
        loop.stop()
        #expect(order.numbers.filter { $0 >= 0 } == Array(0..<1000))
        #expect(order.numbers.contains(-1))
        loop.execute { order.numbers = [] }
        #expect(!order.numbers.isEmpty)
    }

    private final class Order: @unchecked Sendable {
        // Sendable because only the loop touches it until the loop has stopped.
        var numbers: [Int] = []
    }

    @Test("timers fire in order of their time; disarmed ones do not; armed again they move")
    func timers() throws {
        let loop = try Self.loop()
        let done = Signal()
        let order = Order()
        loop.execute {
            loop.schedule(after: .milliseconds(300)) { order.numbers.append(3) }
            loop.schedule(after: .milliseconds(20)) { order.numbers.append(1) }
            loop.schedule(after: .milliseconds(40)) { order.numbers.append(99) }.disarm()
            let moved = loop.schedule(after: .milliseconds(60)) {
                order.numbers.append(4)
                done.raise()
            }
            loop.schedule(after: .milliseconds(150)) { order.numbers.append(2) }
            moved.arm(after: .milliseconds(500))
            #expect(moved.isArmed)
        }
        #expect(done.wait())
        loop.stop()
        #expect(order.numbers == [1, 2, 3, 4])
    }
}
