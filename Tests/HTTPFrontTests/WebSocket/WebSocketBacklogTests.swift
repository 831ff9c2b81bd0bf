import NIOCore
import Testing

@testable import HTTPFront

@Suite("WebSocket clients that do not read · RFC 6455 §5.5.3", .timeLimit(.minutes(1)))
struct WebSocketBacklogTests {
    @Test("Who took nothing since the last check has stalled; who does so again is hopeless")
    func progress() {
        let backlog = WebSocketBacklog(untaken: 100)
        #expect(backlog.check(untaken: 100) == .stalled)
        #expect(backlog.check(untaken: 100) == .hopeless)
        backlog.took()
        #expect(backlog.check(untaken: 100) == .goesOn)
        #expect(backlog.check(untaken: 100) == .stalled)
    }

    @Test("A client that takes what has left before makes progress")
    func untaken() {
        let backlog = WebSocketBacklog(untaken: 100)
        #expect(backlog.check(untaken: 99) == .goesOn)
        #expect(backlog.check(untaken: 50) == .goesOn)
        #expect(backlog.check(untaken: 50) == .stalled)
        #expect(backlog.check(untaken: 60) == .hopeless)
    }

    @Test("Bytes and messages that wait have limits")
    func limits() {
        let backlog = WebSocketBacklog(untaken: 0)
        for _ in 0..<3 { backlog.countMessage() }
        #expect(!backlog.isTooMuch(10, bytesMax: 10, messagesMax: 3))
        #expect(backlog.isTooMuch(11, bytesMax: 10, messagesMax: 3))
        backlog.countMessage()
        #expect(backlog.isTooMuch(10, bytesMax: 10, messagesMax: 3))
    }

    // MARK: over a connection

    /// A user that says what happens to it.
    private final class User: WebSocketUser, @unchecked Sendable {
        // Sendable because all but signals and constants is touched on its loop only.
        var channel: WebSocketChannel?
        let isKnown: Bool
        let begun = Signal()
        let hasOverflowed = Signal()
        let hasStalled = Signal()
        let isLost = Signal()

        init(isKnown: Bool) { self.isKnown = isKnown }

        let messageBytesMax = 1000
        var isBusy: Bool { false }
        func took(_ bytes: Int) {}
        func received(_ message: UnsafeRawBufferPointer, isText: Bool) {}
        func refusesSize() {}
        func overflowed() { hasOverflowed.raise() }
        func stalled() { hasStalled.raise() }
        func lost() { isLost.raise() }
        func unsent(_ message: UnsafeRawBufferPointer) {}
        func serverStops() {}

        /// Asks the channel something on its loop, until it is so.
        func becomes(
            _ loop: HTTPLoop, _ isSo: @escaping @Sendable (WebSocketChannel) -> Bool
        ) -> Bool {
            for _ in 0..<1000 {
                let asked = Signal()
                let found = Signal()
                loop.execute {
                    if let channel = self.channel, isSo(channel) { found.raise() }
                    loop.schedule(after: .milliseconds(10)) { asked.raise() }
                }
                guard asked.wait() else { return false }
                if found.wait(seconds: 0) { return true }
            }
            return false
        }
    }

    private static let handshake =
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    private static func server(
        _ user: User, _ settings: WebSocketSettings = WebSocketSettings()
    ) throws -> TestServer {
        let handler = TestHandler(methods: [.get]) { exchange in
            let handshake = try WebSocketHandshake(subprotocol: nil, origins: []) {
                exchange.fields($0)
            }
            exchange.upgrade(fields: handshake.fields) { connection in
                let channel = WebSocketChannel(connection, deflate: nil, settings: settings)
                user.channel = channel
                channel.start(user)
                user.begun.raise()
            }
        }
        return try TestServer([Mount(prefix: "/", handler: handler)])
    }

    private static func client(_ server: TestServer, _ user: User) throws -> RawClient {
        let client = try RawClient(port: server.server.port, seconds: 3)
        client.send(handshake)
        #expect(try client.readHead().status == 101)
        #expect(user.begun.wait())
        return client
    }

    /// 128 KiB of them.
    private static let pings = Array(
        repeatElement(TestFrame(.ping, [UInt8](repeating: 120, count: 125)).bytes, count: 1000)
            .joined())

    @Test("Pings of a client that does not read are answered by the newest, pongs do not pile up")
    func answersOfPings() throws {
        let user = User(isKnown: true)
        var settings = WebSocketSettings()
        settings.sendTimeout = 0
        let server = try Self.server(user, settings)
        let client = try Self.client(server, user)
        for _ in 0..<200 { #expect(client.send(Self.pings)) }
        #expect(
            user.becomes(server.loops[0]) { channel in
                channel.phase == .open && channel.backlog?.ping != nil
                    && channel.output.readableBytes <= 2 * WebSocketBacklog.readingBytesMax
            })
        withExtendedLifetime((server, client)) {}
    }

    @Test("Nothing is read from a client that lets much wait, until it reads")
    func isNotHeard() throws {
        let user = User(isKnown: true)
        var settings = WebSocketSettings()
        settings.sendTimeout = 0
        settings.outputBytesMax = 64 << 20
        let server = try Self.server(user, settings)
        let client = try Self.client(server, user)
        server.loops[0].execute {
            user.channel?.send { $0.writeRepeatingByte(120, count: 16 << 20) }
        }
        #expect(user.becomes(server.loops[0]) { $0.backlog != nil })
        var sent = 0
        while sent < 1000, client.send(Self.pings) { sent += 1 }
        #expect(sent < 1000)
        while (try? client.readSome())?.isEmpty == false {}
        #expect(user.becomes(server.loops[0]) { $0.phase == .open && $0.backlog == nil })
        withExtendedLifetime((server, client)) {}
    }

    @Test("A client that takes nothing in the time is told to the user, then cut off")
    func stalls() throws {
        let user = User(isKnown: true)
        var settings = WebSocketSettings()
        settings.sendTimeout = 200
        settings.outputBytesMax = 64 << 20
        let server = try Self.server(user, settings)
        let client = try Self.client(server, user)
        server.loops[0].execute {
            user.channel?.send { $0.writeRepeatingByte(120, count: 32 << 20) }
        }
        #expect(user.hasStalled.wait())
        #expect(user.isLost.wait())
        #expect(!user.hasOverflowed.wait(seconds: 0))
        withExtendedLifetime((server, client)) {}
    }

    @Test("Without the time-out it may take as long as it likes")
    func patience() throws {
        let user = User(isKnown: true)
        var settings = WebSocketSettings()
        settings.sendTimeout = 0
        settings.outputBytesMax = 64 << 20
        let server = try Self.server(user, settings)
        let client = try Self.client(server, user)
        server.loops[0].execute {
            user.channel?.send { $0.writeRepeatingByte(120, count: 32 << 20) }
        }
        #expect(user.becomes(server.loops[0]) { $0.backlog != nil && $0.backlog?.timer == nil })
        withExtendedLifetime((server, client)) {}
    }

    @Test("Much waits only for a client that is known", arguments: [true, false])
    func unknown(isKnown: Bool) throws {
        let user = User(isKnown: isKnown)
        let server = try Self.server(user)
        let client = try Self.client(server, user)
        server.loops[0].execute {
            user.channel?.send { $0.writeRepeatingByte(120, count: 7 << 20) }
        }
        if isKnown {
            #expect(user.becomes(server.loops[0]) { $0.backlog != nil })
            #expect(!user.hasOverflowed.wait(seconds: 0))
        } else {
            #expect(user.hasOverflowed.wait())
            #expect(user.isLost.wait())
        }
        withExtendedLifetime((server, client)) {}
    }
}
