import Glibc
import HTTPFront
import Logging
import NIOCore

/// A WebSocket server that sends every message back, for the Autobahn cases.
///
///     websocketecho [PORT]   prints the port it listens on; ends with its standard input
@main
struct Echo {
    static func main() throws {
        var log = Logger(label: "echo")
        log.logLevel = .critical
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 0
        let loop = try HTTPLoop(name: "echo", log: log)
        let server = try HTTPServer(
            HTTPEndpoint(.port(port, ip: "127.0.0.1")),
            site: Site([Mount(prefix: "/", handler: EchoHandler())]), loops: [loop], log: log)
        print(server.port)
        fflush(nil)
        while getchar() != EOF {}
        server.stopAccepting()
        loop.stop()
    }
}

/// Takes any WebSocket handshake, without a subprotocol.
struct EchoHandler: HTTPHandler {
    private static let messageBytesMax = 64 << 20

    private final class User: WebSocketUser {
        let channel: WebSocketChannel

        init(_ channel: WebSocketChannel) { self.channel = channel }

        var messageBytesMax: Int { EchoHandler.messageBytesMax }
        var isBusy: Bool { false }
        var isKnown: Bool { true }
        func took(_ bytes: Int) {}
        func refusesSize() {}
        func overflowed() {}
        func stalled() {}
        func lost() {}
        func unsent(_ message: UnsafeRawBufferPointer) {}
        func ended() {}
        func serverStops() { channel.close(.goingAway) }

        func received(_ message: UnsafeRawBufferPointer, isText: Bool) {
            channel.send(isText: isText) { $0.writeBytes(message) }
        }
    }

    func handle(_ exchange: Exchange) throws {
        let handshake: WebSocketHandshake
        do {
            handshake = try WebSocketHandshake(subprotocol: nil, origins: []) {
                exchange.fields($0)
            }
        } catch {
            throw HTTPProblem(.badRequest)
        }
        var settings = WebSocketSettings()
        settings.acceptsBinary = true
        settings.outputBytesMax = 2 * Self.messageBytesMax
        exchange.upgrade(fields: handshake.fields) { [settings] connection in
            let channel = WebSocketChannel(
                connection, deflate: handshake.deflate, settings: settings)
            channel.start(User(channel))
        }
    }
}
