import CMicroHTTPD
import Glibc
import Logging

/// Accepts the connections of one server, on one loop.
final class Acceptor: LoopWatch, @unchecked Sendable {
    // Sendable because, constants aside, its state belongs to its loop's thread.
    private let socket: ListeningSocket
    /// Strong: `stop` ends the circle.
    private let server: HTTPServer
    private let loop: HTTPLoop
    private var isRunning = false

    init(socket: ListeningSocket, server: HTTPServer, loop: HTTPLoop) {
        self.socket = socket
        self.server = server
        self.loop = loop
    }

    func start() {
        loop.execute { [self] in watch() }
    }

    private func watch() {
        do {
            try loop.watch(socket.descriptor, for: .input, self)
            isRunning = true
        } catch {
            loop.log.error("cannot accept connections", metadata: ["error": "\(error)"])
        }
    }

    func stop() {
        loop.execute { [self] in
            isRunning = false
            loop.unwatch(socket.descriptor)
        }
    }

    /// Takes a few connections; the rest stay for the next turn.
    func happened(_ events: UInt32) {
        for _ in 0..<16 where isRunning {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let descriptor = withUnsafeMutablePointer(to: &storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    accept4(socket.descriptor, $0, &length, flags)
                }
            }
            guard descriptor >= 0 else {
                if errno == EMFILE || errno == ENFILE { pause() }
                return
            }
            server.accepted(descriptor, from: storage)
        }
    }

    /// Without free descriptors the socket would stay readable and the loop would spin.
    private func pause() {
        loop.log.error("no descriptors left for new connections")
        loop.unwatch(socket.descriptor)
        loop.schedule(after: .seconds(1)) { [self] in
            if isRunning { watch() }
        }
    }

    func ended() {
        isRunning = false
    }
}
