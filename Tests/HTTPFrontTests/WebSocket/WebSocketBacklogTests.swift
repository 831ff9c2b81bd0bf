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
        func ended() {}
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

    /// A client that reads only what a test has it read, and its user.
    private struct Scene {
        let user: User
        let client: RawClient
        private let server: TestServer

        init(
            isKnown: Bool = true, _ change: (inout WebSocketSettings) -> Void = { _ in }
        ) throws {
            var changed = WebSocketSettings()
            changed.sendTimeout = 0
            change(&changed)
            let settings = changed
            let user = User(isKnown: isKnown)
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
            let server = try TestServer([Mount(prefix: "/", handler: handler)])
            let client = try RawClient(port: server.server.port, seconds: 3)
            client.send(WebSocketBacklogTests.handshake)
            #expect(try client.readHead().status == 101)
            #expect(user.begun.wait())
            (self.user, self.server, self.client) = (user, server, client)
        }

        /// Has the user send a message.
        func send(mebibytes: Int) {
            let user = user
            server.loops[0].execute {
                user.channel?.send { $0.writeRepeatingByte(120, count: mebibytes << 20) }
            }
        }

        /// Waits until the channel is so.
        func becomes(_ isSo: @escaping @Sendable (WebSocketChannel) -> Bool) -> Bool {
            user.becomes(server.loops[0], isSo)
        }
    }

    /// 128 KiB of them.
    private static let pings = Array(
        repeatElement(TestFrame(.ping, [UInt8](repeating: 120, count: 125)).bytes, count: 1000)
            .joined())

    @Test("Pings of a client that does not read are answered by the newest, pongs do not pile up")
    func answersOfPings() throws {
        let scene = try Scene()
        for _ in 0..<200 { #expect(scene.client.send(Self.pings)) }
        #expect(
            scene.becomes { channel in
                channel.phase == .open && channel.backlog?.ping != nil
                    && channel.output.readableBytes <= 2 * WebSocketBacklog.readingBytesMax
            })
    }

    @Test("Nothing is read from a client that lets much wait, until it reads")
    func isNotHeard() throws {
        let scene = try Scene { $0.outputBytesMax = 64 << 20 }
        scene.send(mebibytes: 16)
        #expect(scene.becomes { $0.backlog != nil })
        var sent = 0
        while sent < 1000, scene.client.send(Self.pings) { sent += 1 }
        #expect(sent < 1000)
        while (try? scene.client.readSome())?.isEmpty == false {}
        #expect(scene.becomes { $0.phase == .open && $0.backlog == nil })
    }

    @Test("A client that takes nothing in the time is told to the user, then cut off")
    func stalls() throws {
        let scene = try Scene {
            $0.sendTimeout = 200
            $0.outputBytesMax = 64 << 20
        }
        scene.send(mebibytes: 32)
        #expect(scene.user.hasStalled.wait())
        #expect(scene.user.isLost.wait())
        #expect(!scene.user.hasOverflowed.wait(seconds: 0))
    }

    @Test("Without the time-out it may take as long as it likes")
    func patience() throws {
        let scene = try Scene { $0.outputBytesMax = 64 << 20 }
        scene.send(mebibytes: 32)
        #expect(scene.becomes { $0.backlog != nil && $0.backlog?.timer == nil })
    }

    @Test("Much waits only for a client that is known", arguments: [true, false])
    func unknown(isKnown: Bool) throws {
        let scene = try Scene(isKnown: isKnown) {
            $0.sendTimeout = WebSocketSettings().sendTimeout
        }
        scene.send(mebibytes: 7)
        if isKnown {
            #expect(scene.becomes { $0.backlog != nil })
            #expect(!scene.user.hasOverflowed.wait(seconds: 0))
        } else {
            #expect(scene.user.hasOverflowed.wait())
            #expect(scene.user.isLost.wait())
        }
        withExtendedLifetime(scene) {}
    }
}
