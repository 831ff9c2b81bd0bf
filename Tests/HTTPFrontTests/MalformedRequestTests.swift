import Testing

@testable import HTTPFront

@Suite("Malformed and hostile requests · RFC 9112")
struct MalformedRequestTests {
    private static func echo(_ limits: HTTPLimits = HTTPLimits()) throws -> TestServer {
        try TestServer([Mount(prefix: "/", handler: TestHandler.echo)], limits: limits)
    }

    /// The answer is the status, or the connection closes without one; and it does close.
    private static func expect(
        _ server: TestServer, _ request: String, _ statuses: [Int]
    ) throws {
        let client = try server.client()
        client.send(request)
        let answer = String(decoding: try client.readToEnd(), as: UTF8.self)
        let status = answer.isEmpty ? 0 : Int(answer.split(separator: " ")[1]) ?? -1
        #expect(statuses.contains(status), "\(answer)")
        #expect(!answer.contains("smuggled"))
    }

    @Test(
        "framing that two parsers could read differently is refused, and the connection closed",
        arguments: [
            // §6.3: both lengths, several lengths, unknown codings
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\na",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\na",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\na",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\na",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            // §2.2: bare LF and CR; §5.2: folded lines; §5.1: blanks before the colon
            "GET / HTTP/1.1\nHost: h\n\n",
            "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nX: y\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\n",
            "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n z\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nX: y\rz\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\n X: y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\n: y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nX: a\u{0}b\r\n\r\n",
            // §3: the request line
            "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET / x HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /  HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /\u{1} HTTP/1.1\r\nHost: h\r\n\r\n",
            "G@T / HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET x HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET / HTTP/1.7\r\nHost: h\r\n\r\n",
            // §3.2: Host
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        ])
    func refusesBadFraming(request: String) throws {
        try Self.expect(try Self.echo(), request, [0, 400])
    }

    @Test(
        "chunked bodies with bad framing are refused",
        arguments: [
            "x\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n",
            "\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n",
            "3\nabc\r\n0\r\n\r\n", "ffffffffffffffff1\r\nabc\r\n0\r\n\r\n",
        ])
    func refusesBadChunks(body: String) throws {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        try Self.expect(try Self.echo(), head + body, [0, 400, 413])
    }

    @Test("a coding we do not know is not guessed at: 501")
    func refusesUnknownCoding() throws {
        try Self.expect(
            try Self.echo(),
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", [501]
        )
    }

    @Test("other protocols are not answered with content")
    func refusesOtherVersions() throws {
        let server = try Self.echo()
        try Self.expect(server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [0, 400, 505])
        try Self.expect(server, "GET /\r\n", [0, 400, 505])
        try Self.expect(server, "\u{16}\u{3}\u{1}\u{0}\u{0}\r\n", [0, 400, 505])
    }

    @Test("long targets, many fields and large heads have their limits")
    func refusesTooMuch() throws {
        let server = try Self.echo()
        let long = String(repeating: "a", count: 2048)
        try Self.expect(server, "GET /\(long) HTTP/1.1\r\nHost: h\r\n\r\n", [414])
        try Self.expect(server, "GET /\(long)\(long)\(long)\(long)", [414])
        let many = String(repeating: "a: b\r\n", count: 64)
        try Self.expect(server, "GET / HTTP/1.1\r\nHost: h\r\n\(many)\r\n", [431])
        try Self.expect(
            server, "GET / HTTP/1.1\r\nHost: h\r\nX: \(long)\(long)\(long)\r\n\r\n", [431])
        try Self.expect(server, "GET / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\n\r\n", [417])
    }

    @Test("a head of any size has an answer: the handler's, or 431 and nothing else")
    func headsOfAllSizes() throws {
        let server = try Self.echo()
        var statuses: [Int] = []
        for size in stride(from: 4400, through: 6400, by: 20) {
            let field = "Authorization: Bearer \(String(repeating: "a", count: size))"
            let client = try server.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(field)\r\n\r\n")
            statuses.append(Self.status(try client.readToEnd()))
        }
        #expect(Set(statuses) == [200, 431])
        #expect(statuses == statuses.sorted())
        #expect(statuses[10] == 200, "4600 bytes")
    }

    @Test("fields count beside their text, so that many of them leave room for the answer, too")
    func manyFields() throws {
        let server = try Self.echo()
        for count in 1...62 {
            for size in [1, 20, 40, 60, 80] {
                let fields = String(
                    repeating: "X: \(String(repeating: "a", count: size))\r\n", count: count)
                let client = try server.client()
                client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(fields)\r\n")
                let status = Self.status(try client.readToEnd())
                #expect(status == 200 || status == 431, "\(count) fields of \(size)")
            }
        }
    }

    @Test("a body beyond the handler's limit is refused before it is read: 413")
    func refusesLargeBody() throws {
        let server = try Self.echo()
        let client = try server.client()
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")
        #expect(try client.readResponse().status == 413)
        let sending = try server.client()
        sending.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
        sending.send([UInt8](repeating: 97, count: 1_000_000))
        #expect(try sending.readResponse().status == 413)
        let chunked = try server.client()
        chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 1...100 where !chunked.send("64\r\n\(String(repeating: "a", count: 100))\r\n") {}
        let answer = String(decoding: try chunked.readToEnd(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
    }

    private static func status(_ answer: [UInt8]) -> Int {
        let words = String(decoding: answer, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]) ?? -1 : 0
    }

    @Test("slow heads and slow bodies are cut with 408, idle connections without a word")
    func cutsSlowClients() throws {
        var limits = HTTPLimits()
        limits.headTimeout = .milliseconds(300)
        limits.bodyTimeout = .milliseconds(300)
        limits.keepAliveTimeout = .milliseconds(300)
        let server = try Self.echo(limits)
        let head = try server.client()
        head.send("GET / HT")
        let body = try server.client()
        body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nab")
        let idle = try server.client()
        idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try idle.readResponse().status == 200)
        #expect(Self.status(try head.readToEnd()) == 408)
        #expect(Self.status(try body.readToEnd()) == 408)
        #expect(try idle.readToEnd().isEmpty)
    }

    @Test("more connections of one address than allowed are refused with 429")
    func limitsConnections() throws {
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = 3
        limits.limitsLoopback = true
        let server = try Self.echo(limits)
        var clients = try (0..<3).map { _ in try server.client() }
        for client in clients {
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.readResponse().status == 200)
        }
        #expect(Self.status(try server.client().readToEnd()) == 429)
        clients.removeLast().close()
        var status = 0
        for _ in 0..<200 where status != 200 {
            status = (try? server.ask("GET / HTTP/1.1\r\nHost: h").status) ?? 0
        }
        #expect(status == 200)
    }

    @Test("after a thousand broken requests the server serves on")
    func servesOn() throws {
        let server = try Self.echo()
        let pieces = [
            "GET ", "/", "\r\n", "\0", "HTTP/1.1", "Host: h", "\u{ff}", ": ", "chunked", "9",
        ]
        var seed: UInt64 = 42
        for _ in 0..<1000 {
            var request = ""
            for _ in 0..<12 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                request += pieces[Int(seed >> 33) % pieces.count]
            }
            let client = try server.client()
            client.send(request)
            client.close()
        }
        #expect(try server.ask("GET / HTTP/1.1\r\nHost: h").status == 200)
    }
}
