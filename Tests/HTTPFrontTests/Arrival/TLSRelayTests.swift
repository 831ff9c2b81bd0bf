import Glibc
import NIOCore
import Testing
import XMPPConfig
import XMPPEngine

@testable import HTTPFront

@Suite("TLS in front of HTTP")
struct TLSRelayTests {
    private final class Certificate {
        let folder: TestFolder
        let store: CertificateStore

        init() throws {
            folder = try TestFolder()
            let path = folder.path + "/h.pem"
            try SelfSignedCertificate.make(hosts: ["h.example"], into: path)
            store = try CertificateStore(files: [path])
        }

        func server(
            _ mounts: [Mount], limits: HTTPLimits = HTTPLimits(), usesProxy: Bool = false
        ) throws -> TestServer {
            let context = try TLSContext(.server(store), profile: .web)
            var door = HTTPServer.Door()
            door.tls = { context }
            door.usesProxyProtocol = usesProxy
            return try TestServer(mounts, limits: limits, door: door)
        }
    }

    private static let echo = [Mount(prefix: "/", handler: TestHandler.echo)]
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test("requests and answers, one after the other and pipelined")
    func requests() throws {
        let certificate = try Certificate()
        let server = try certificate.server(Self.echo)
        let client = try TLSClient(server.client())
        try client.send(Self.get)
        #expect(try client.read(until: "GET / - ").hasPrefix("HTTP/1.1 200 "))
        try client.send(Self.get + Self.get)
        _ = try client.read(until: "GET / - ")
        _ = try client.read(until: "GET / - ")
        #expect(client.facts.applicationProtocol == "http/1.1")
    }

    @Test("a body larger than every buffer arrives whole, and so does its answer")
    func largeBodies() throws {
        let handler = TestHandler(intake: .collect(bytesMax: 4 << 20)) { exchange in
            exchange.respond(.ok, body: .bytes(exchange.bodyBytes))
        }
        let certificate = try Certificate()
        let server = try certificate.server([Mount(prefix: "/", handler: handler)])
        let client = try TLSClient(server.client())
        let body = [UInt8](repeating: 120, count: 600_000)
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
        try client.send(body)
        let answer = try client.read(until: "\r\n\r\n")
        #expect(answer.contains("Content-Length: 600000"))
        #expect(try client.read(count: body.count) == body)
    }

    @Test("a held exchange is answered, and a client that leaves is noticed")
    func held() throws {
        let shelf = Shelf()
        let certificate = try Certificate()
        let server = try certificate.server([Mount(prefix: "/", handler: shelf.handler())])
        let client = try TLSClient(server.client())
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        shelf.withNext { $0.respond(.ok, body: .text("later")) }
        #expect(try client.read(until: "later").contains(" 200 "))
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        let arrived = Signal()
        shelf.withNext { _ in arrived.raise() }
        #expect(arrived.wait())
        client.raw.close()
        #expect(shelf.closed.wait())
    }

    @Test("the PROXY header comes before TLS; facts of the handshake are there")
    func proxyHeader() throws {
        let handler = TestHandler { exchange in
            let facts = exchange.connection.tls
            let peer = PeerFacts(exchange, isStreamBound: true)
            let shared = PeerFacts(exchange)
            exchange.respond(
                .ok,
                body: .text(
                    "\(exchange.peer) \(exchange.isSecure) \(facts?.version ?? "-") "
                        + "\(peer.security.channelBindings[.tlsExporter]?.count ?? 0) "
                        + "\(shared.security.channelBindings[.tlsExporter]?.count ?? 0) "
                        + "\(shared.security.channelBindings[.tlsServerEndPoint]?.count ?? 0)."))
        }
        let certificate = try Certificate()
        let server = try certificate.server(
            [Mount(prefix: "/", handler: handler)], usesProxy: true)
        let raw = try server.client()
        raw.send("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")
        let client = try TLSClient(raw)
        try client.send(Self.get)
        #expect(try client.read(until: " 32.").hasSuffix("192.0.2.1 true TLSv1.3 32 0 32."))
    }

    @Test("what is no ClientHello, and a handshake that takes too long, are cut off")
    func noHandshake() throws {
        var limits = HTTPLimits()
        limits.headTimeout = .milliseconds(300)
        let certificate = try Certificate()
        let server = try certificate.server(Self.echo, limits: limits)
        let clear = try server.client()
        clear.send(Self.get)
        let answer = String(decoding: try clear.readToEnd(), as: UTF8.self)
        #expect(!answer.contains("HTTP/"))
        let silent = try server.client()
        #expect(try silent.readToEnd().isEmpty)
    }

    @Test("a server that stops answers what is held, also over TLS")
    func stops() throws {
        let shelf = Shelf()
        let certificate = try Certificate()
        let server = try certificate.server([Mount(prefix: "/", handler: shelf.handler())])
        let client = try TLSClient(server.client())
        try client.send(Self.get)
        shelf.withNext { _ in }
        server.stop(grace: .seconds(5))
        #expect(try client.read(until: "\r\n\r\n").contains(" 503 "))
    }
}

/// A TLS client over a socket that sends what it is told.
final class TLSClient {
    let raw: RawClient
    private let session: TLSConnection
    private var heard: [UInt8] = []
    private(set) var facts: TLSFacts

    /// Shakes hands.
    init(_ raw: RawClient) throws {
        self.raw = raw
        let context = try TLSContext(.client(nil), profile: .web)
        let session = try TLSConnection(context: context, host: "h.example")
        self.session = session
        while true {
            let isFinished = try session.handshake()
            if let output = session.takeOutput() { raw.send(Array(buffer: output)) }
            if isFinished { break }
            session.receive(ByteBuffer(bytes: try raw.readSome()))
        }
        facts = session.facts()
    }

    var text: String { String(decoding: heard, as: UTF8.self) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        try session.write(ByteBuffer(bytes: bytes))
        if let output = session.takeOutput() { raw.send(Array(buffer: output)) }
    }

    /// What was heard up to and with `end`.
    func read(until end: String) throws -> String {
        while true {
            let text = text
            if let range = text.firstRange(of: end) {
                heard.removeFirst(text[..<range.upperBound].utf8.count)
                return String(text[..<range.upperBound])
            }
            try hear()
        }
    }

    func read(count: Int) throws -> [UInt8] {
        while heard.count < count { try hear() }
        defer { heard.removeFirst(count) }
        return Array(heard[..<count])
    }

    private func hear() throws {
        let bytes = try raw.readSome()
        guard !bytes.isEmpty else { throw RawFailure(ECONNRESET) }
        session.receive(ByteBuffer(bytes: bytes))
        heard += Array(buffer: try session.read(ByteBufferAllocator()).plaintext)
    }
}
