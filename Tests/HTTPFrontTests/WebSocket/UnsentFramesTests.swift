import Glibc
import NIOCore
import StreamFakes
import Synchronization
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("What a WebSocket could not send · RFC 7395", .timeLimit(.minutes(1)))
struct UnsentFramesTests {
    /// Frames of these messages, as the server writes them, and where each ends.
    private static func frames(_ messages: [String]) -> (buffer: ByteBuffer, ends: [Int]) {
        let tools = WebSocketTools()
        var buffer = ByteBuffer()
        var ends: [Int] = []
        for message in messages {
            tools.writeMessage(.text, nil, to: &buffer) { $0.writeString(message) }
            ends.append(buffer.writerIndex)
        }
        return (buffer, ends)
    }

    private static func texts(_ buffer: ByteBuffer) -> [String] {
        UnsentFrames.messages(in: buffer).map { String(buffer: $0.payload) }
    }

    @Test("A message that has left in part has not left; one that has left is not told")
    func partly() {
        let messages = [
            "a", String(repeating: "b", count: 300), String(repeating: "c", count: 70_000),
        ]
        var (buffer, ends) = Self.frames(messages)
        #expect(Self.texts(buffer) == messages)
        buffer.moveReaderIndex(to: 1)
        #expect(Self.texts(buffer) == messages)
        buffer.moveReaderIndex(to: ends[0])
        #expect(Self.texts(buffer) == Array(messages[1...]))
        buffer.moveReaderIndex(to: ends[2] - 1)
        #expect(Self.texts(buffer) == [messages[2]])
        buffer.moveReaderIndex(to: ends[2])
        #expect(Self.texts(buffer).isEmpty)
    }

    @Test("Control frames are no messages, and compressed ones say so")
    func kinds() throws {
        let tools = WebSocketTools()
        var buffer = ByteBuffer()
        let text = String(repeating: "many words ", count: 200)
        tools.writeControl(.ping, [1, 2], to: &buffer)
        let terms = try #require(DeflateTerms.accept(["permessage-deflate"]))
        tools.writeMessage(.text, terms, to: &buffer) { $0.writeString(text) }
        tools.writeControl(.close, CloseCode.normal.payload, to: &buffer)
        let messages = UnsentFrames.messages(in: buffer)
        #expect(messages.map(\.isCompressed) == [true])
        let message = try #require(messages.first)
        message.payload.withUnsafeReadableBytes { bytes in
            tools.withInflated(bytes, bytesMax: 10_000) { _, plain in
                #expect(String(decoding: plain, as: UTF8.self) == text)
            }
        }
    }

    @Test("What has left is forgotten once it is much, and the rest is as it was")
    func forgotten() {
        let messages = (0..<30).map { String(repeating: "\($0 % 10)", count: 80_000) }
        var (buffer, ends) = Self.frames(messages)
        buffer.moveReaderIndex(to: ends[19] + 5)
        let rest = Array(buffer.readableBytesView)
        UnsentFrames.forgetSent(in: &buffer)
        #expect(buffer.readerIndex == 5)
        #expect(Array(buffer.readableBytesView) == rest)
        #expect(Self.texts(buffer) == Array(messages[20...]))
        UnsentFrames.forgetSent(in: &buffer)
        #expect(buffer.readerIndex == 5)
    }

    @Test(
        "A client that goes without reading leaves its messages to its host",
        arguments: ["", "permessage-deflate"])
    func givenBack(extensions: String) throws {
        let host = FakeHost()
        var options = C2SOptions()
        options.policy.tls = .unavailable
        let service = WebSocketService()
        let server = try TestServer([
            Mount(
                prefix: "/w",
                handler: WebSocketHandler(
                    service: service, settings: WebSocketSettings(), directory: host,
                    options: options, output: OutputLimits()))
        ])
        let client = try server.client()
        try Self.logIn(client, extensions: extensions)
        let counts = Mutex<Set<Int>>([])
        host.whenGivenBack { counts.withLock { _ = $0.insert(service.connectionCount) } }
        let text = Self.noise(8000)
        client.send(TestFrame.text(BOSHTestSession.message("x", text: text)).bytes)
        try Self.wait(for: server) { !host.received.isEmpty }
        let session = try #require(host.lastBound)
        let payload = try #require(host.received.first?.payload)
        // More than the system's buffers hold, and no more than may wait.
        let count = 850
        session.loop.execute {
            for number in 0..<count {
                session.deliver(
                    Stanza(
                        .message, type: .chat, id: "\(number)", from: JID("a@example.com"),
                        to: session.jid, payload: payload))
            }
        }
        try Self.turn(server)
        client.close()
        try Self.wait(for: server) { service.connectionCount == 0 }
        #expect(counts.withLock { $0 } == [1], "it is counted until all went back")
        let ids = host.undelivered.compactMap(\.id)
        #expect(ids.count > 100 && ids.count < count)
        #expect(ids == (0..<count).suffix(ids.count).map { "\($0)" })
        #expect(host.undelivered.first?.payload.first("body", .client)?.text == text)
    }

    /// Letters that hardly become fewer when they are compressed.
    private static func noise(_ count: Int) -> String {
        var state: UInt32 = 7
        let letters = (0..<count).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(ascii: "0") + UInt8(state >> 26)
        }
        return String(decoding: letters.map { $0 == 0x3C ? 0x7A : $0 }, as: UTF8.self)
    }

    private static func wait(for server: TestServer, until isSo: () -> Bool) throws {
        for _ in 0..<1000 where !isSo() { try turn(server) }
        #expect(isSo())
    }

    /// Returns when the loop has done what it had to do.
    private static func turn(_ server: TestServer) throws {
        let loop = try #require(server.loops.first)
        let later = Signal()
        loop.execute { loop.schedule(after: .milliseconds(10)) { later.raise() } }
        #expect(later.wait())
    }

    private static func logIn(_ client: RawClient, extensions: String) throws {
        let field = extensions.isEmpty ? "" : "Sec-WebSocket-Extensions: \(extensions)\r\n"
        client.send(
            "GET /w HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\(field)"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        #expect(try client.readHead().status == 101)
        var bytes = Int32(64 << 10)
        setsockopt(
            client.descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        let open =
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.com' version='1.0'/>"
        for (message, frames) in [
            (open, 2), (BOSHTestSession.auth, 1), (open, 2), (BOSHTestSession.bind("r"), 1),
        ] {
            client.send(TestFrame.text(message).bytes)
            for _ in 0..<frames { try skipFrame(client) }
        }
    }

    private static func skipFrame(_ client: RawClient) throws {
        let short = Int(try client.read(2)[1])
        let long = try short == 126 ? client.read(2) : []
        _ = try client.read(long.isEmpty ? short : Int(long[0]) << 8 | Int(long[1]))
    }
}
