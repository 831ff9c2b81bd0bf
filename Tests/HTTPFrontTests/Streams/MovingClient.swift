import Testing
import XMPPEngine

@testable import HTTPFront

/// How a test client reaches a server; blocks the thread it is used on.
protocol ClientTransport: AnyObject {
    /// Opens the stream, or opens it anew after the login.
    func open() throws
    func send(_ xml: String) throws
    /// What has come since, as text with or without what the transport puts around it.
    func read() throws -> [UInt8]
    /// Breaks off without a word, whatever is on its way.
    func abandon()
}

/// A client of `localhost` over whichever transport, that counts numbered messages.
final class MovingClient: @unchecked Sendable {
    // Sendable because one thread after the other uses it.
    static let namespace = "urn:example:moving"
    static let streamHeader =
        "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
        + "xmlns:stream='http://etherx.jabber.org/streams'>"
    private let transport: any ClientTransport
    private var input: [UInt8] = []
    /// Numbers of the messages that came, in order.
    private(set) var received: [Int] = []

    init(_ transport: any ClientTransport) { self.transport = transport }

    // MARK: login

    func logIn(_ name: String) throws {
        try transport.open()
        _ = try take(through: "features>")
        let plain = Base64.encode(Array("\0\(name)\0secret".utf8))
        try transport.send(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>\(plain)</auth>")
        _ = try take(through: "<success")
        try transport.open()
        _ = try take(through: "features>")
    }

    func bind(_ resource: String) throws {
        try transport.send(
            "<iq xmlns='jabber:client' type='set' id='bind'>"
                + "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                + "<resource>\(resource)</resource></bind></iq>")
        _ = try take(through: "</iq>")
    }

    // MARK: talk

    /// Sends an element of the namespace that only this test knows.
    func say(_ name: String, count: Int) throws {
        try transport.send("<\(name) xmlns='\(Self.namespace)' count='\(count)'/>")
    }

    /// Waits for such an element; returns its count.
    func hears(_ name: String) throws -> Int {
        let text = try take(through: "<\(name) ") + take(through: ">")
        return try #require(Self.number(after: "count='", in: text), "\(text)")
    }

    func send(_ number: Int, to jid: String) throws {
        try transport.send(
            "<message xmlns='jabber:client' type='chat' id='\(number)' to='\(jid)'>"
                + "<body>number \(number)</body></message>")
    }

    /// Reads until so many messages have come in all.
    func receives(_ count: Int) throws {
        while received.count < count { try receiveOne() }
    }

    /// Reads on until the server has answered a question that is asked now.
    func catchesUp() throws {
        try transport.send(
            "<iq xmlns='jabber:client' type='get' id='mark' to='localhost'>"
                + "<query xmlns='urn:example:nobody'/></iq>")
        let text = try take(through: "</iq>")
        noteMessages(in: text)
    }

    func abandon() { transport.abandon() }

    private func receiveOne() throws { noteMessages(in: try take(through: "</message>")) }

    private func noteMessages(in text: String) {
        for piece in text.split(separator: "<message ") where piece.contains("</message>") {
            if let number = Self.number(after: "id='", in: String(piece)) {
                received.append(number)
            }
        }
    }

    private static func number(after mark: String, in text: String) -> Int? {
        text.range(of: mark).flatMap { Int(text[$0.upperBound...].prefix { $0 != "'" }) }
    }

    /// What has come, up to and with a mark; waits for it.
    private func take(through mark: String) throws -> String {
        let mark = Array(mark.utf8)
        var searched = 0
        while true {
            if let end = Self.end(of: mark, in: input, from: searched) {
                defer { input.removeFirst(end) }
                return String(decoding: input[..<end], as: UTF8.self)
            }
            searched = max(0, input.count - mark.count)
            input += try transport.read()
        }
    }

    private static func end(of mark: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = mark.first, bytes.count >= mark.count else { return nil }
        for index in start...(bytes.count - mark.count)
        where bytes[index] == first && bytes[index..<(index + mark.count)].elementsEqual(mark) {
            return index + mark.count
        }
        return nil
    }
}

// MARK: transports

final class TCPClientTransport: ClientTransport {
    private let client: RawClient

    init(port: UInt16) throws { client = try RawClient(port: port) }

    func open() { client.send("<?xml version='1.0'?>\(MovingClient.streamHeader)") }

    func send(_ xml: String) { client.send(xml) }

    func read() throws -> [UInt8] {
        let bytes = try client.readSome()
        guard !bytes.isEmpty else { throw RawFailure(0) }
        return bytes
    }

    func abandon() { client.close() }
}

final class WebSocketClientTransport: ClientTransport {
    private let client: RawClient

    init(port: UInt16) throws {
        client = try RawClient(port: port)
        client.send(
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: xmpp\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        #expect(try client.readHead().status == 101)
    }

    func open() {
        send(
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>")
    }

    func send(_ xml: String) { client.send(TestFrame.text(xml).bytes) }

    /// The payload of one frame, of whichever kind.
    func read() throws -> [UInt8] {
        let short = Int(try client.read(2)[1])
        guard short >= 126 else { return try client.read(short) }
        let length = try client.read(short == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        return try client.read(length)
    }

    func abandon() { client.close() }
}

/// A request on a connection of its own, not waited for.
private func post(_ body: String, to path: String, port: UInt16) throws -> RawClient {
    let client = try RawClient(port: port)
    client.send(
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            + body)
    return client
}

final class BOSHClientTransport: ClientTransport {
    private let port: UInt16
    private var rid = 7000
    private var sid: String?
    /// Requests that are on their way, in order; at most two.
    private var requests: [RawClient] = []
    private var early: [UInt8] = []

    init(port: UInt16) { self.port = port }

    func open() throws {
        let namespace = "xmlns:xmpp='urn:xmpp:xbosh' to='localhost'"
        guard sid == nil else { return try request("", "\(namespace) xmpp:restart='true'") }
        try request("", "\(namespace) xmpp:version='1.0' wait='10' hold='1' ver='1.11'")
        early += try reply()
        let text = String(decoding: early, as: UTF8.self)
        let start = try #require(text.range(of: " sid='")?.upperBound, "\(text)")
        sid = String(text[start...].prefix { $0 != "'" })
    }

    func send(_ xml: String) throws { try request(xml) }

    func read() throws -> [UInt8] {
        if early.isEmpty {
            if requests.isEmpty { try request("") }
            return try reply()
        }
        defer { early = [] }
        return early
    }

    private func request(_ content: String, _ attributes: String = "") throws {
        while requests.count >= 2 { early += try reply() }
        rid += 1
        let session = sid.map { "sid='\($0)'" } ?? ""
        requests.append(
            try post(
                "<body rid='\(rid)' \(session) \(attributes) "
                    + "xmlns='http://jabber.org/protocol/httpbind'>\(content)</body>",
                to: "/bosh", port: port))
    }

    private func reply() throws -> [UInt8] {
        let response = try requests.removeFirst().readResponse(to: "POST")
        guard response.status == 200, !response.text.contains("terminate") else {
            throw RawFailure(0)
        }
        return response.body
    }

    func abandon() { for request in requests { request.close() } }
}

final class PollClientTransport: ClientTransport {
    private let port: UInt16
    private var id = "0"
    private var early: [UInt8] = []

    init(port: UInt16) { self.port = port }

    func open() throws { try send(MovingClient.streamHeader) }

    func send(_ xml: String) throws {
        let response = try post("\(id),\(xml)", to: "/poll", port: port)
            .readResponse(to: "POST")
        let cookie = response["set-cookie"] ?? ""
        let name = cookie.dropFirst(3).prefix { $0 != ";" }
        guard response.status == 200, !name.hasSuffix(":0") else { throw RawFailure(0) }
        id = String(name)
        early += response.body
    }

    func read() throws -> [UInt8] {
        if early.isEmpty { try send("") }
        defer { early = [] }
        return early
    }

    func abandon() {}
}
