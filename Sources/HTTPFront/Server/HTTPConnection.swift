import Glibc
import Logging

/// One TCP or unix connection of a client, from accept to close.
///
/// Guarded by its loop.
package final class HTTPConnection {
    package let loop: HTTPLoop
    package let server: HTTPServer
    /// Who connected, as the socket tells.
    package let peer: PeerAddress
    /// libmicrohttpd's; never closed here.
    let descriptor: Int32
    /// When the connection is cut unless something moves on, in milliseconds of the loop's clock.
    var deadline: UInt64
    /// The request being received or answered; it lets go of itself when it ends.
    var exchange: Exchange?
    private var isWatched = false
    private var isOpen = false

    init(descriptor: Int32, peer: PeerAddress, server: HTTPServer, loop: HTTPLoop) {
        self.descriptor = descriptor
        self.peer = peer
        self.server = server
        self.loop = loop
        deadline = .max
        restart(for: loop.timeouts.head)
    }

    /// The connection is cut after `time`, and what `bytes` need at the slowest allowed rate.
    func restart(for time: Timeout, bytes: UInt64 = 0) {
        let rate = UInt64(max(1, loop.limits.bytesPerSecondMin))
        deadline = loop.now + time.milliseconds + min(bytes, 1 << 50) / rate * 1000
    }

    func opened() {
        isOpen = true
        loop.connections[descriptor] = self
        loop.streams.counters.add(.httpConnections)
        server.connectionOpened(self)
    }

    func closed() {
        guard isOpen else { return }
        isOpen = false
        stopWatching()
        loop.connections[descriptor] = nil
        loop.streams.counters.add(.httpConnections, -1)
        server.connectionClosed(self)
    }

    /// Ends the connection now; what is being sent is lost.
    func cut() {
        deadline = .max
        if let exchange, exchange.isSuspended {
            exchange.clientLeft()
        } else {
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    /// Sends a last answer past libmicrohttpd, which closes the connection next.
    func sendRefusal(_ status: HTTPStatus) {
        loop.streams.counters.add(.httpResponses(class: Int(status.code) / 100))
        guard !server.isSecure else { return }
        let page = "\(status.code) \(status.reason)\n"
        let answer = """
            HTTP/1.1 \(status.code) \(status.reason)\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Length: \(page.utf8.count)\r
            Connection: close\r
            \r
            \(page)
            """
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        Array(answer.utf8).withUnsafeBytes { bytes in
            _ = send(descriptor, bytes.baseAddress, bytes.count, flags)
        }
    }

    /// The loop stops: a kept request is answered, an idle connection ends.
    func loopStops() {
        guard let exchange else { return cut() }
        exchange.serverStops()
    }
}

// MARK: Noticing that a suspended client leaves

extension HTTPConnection: LoopWatch {
    func startWatching() {
        guard !isWatched else { return }
        do {
            try loop.watch(descriptor, for: .hangUp, self)
            isWatched = true
        } catch {
            loop.log.warning("cannot watch a connection", metadata: ["error": "\(error)"])
        }
    }

    func stopWatching() {
        guard isWatched else { return }
        isWatched = false
        loop.unwatch(descriptor)
    }

    func happened(_ events: UInt32) {
        exchange?.clientLeft()
    }

    func ended() {}
}
