import CMicroHTTPD
import Glibc
import Logging
import XMPPEngine

/// One TCP or unix connection of a client, from accept to close.
///
/// Guarded by its loop.
package final class HTTPConnection {
    package let loop: HTTPLoop
    package let server: HTTPServer
    /// Who connected: as the PROXY header says where there is one, else as the socket does.
    package let peer: PeerAddress
    /// A load balancer, which wrote a PROXY header, passes the connection on.
    let isProxied: Bool
    /// The peer may say on whose behalf it asks.
    let isTrustedProxy: Bool
    /// Where the TLS of the connection ends; `nil` without TLS.
    private let relay: TLSRelay?
    /// libmicrohttpd's; never closed here.
    let descriptor: Int32
    /// When the connection is cut unless something moves on, in milliseconds of the loop's clock.
    var deadline: UInt64
    /// The request being received or answered; it lets go of itself when it ends.
    var exchange: Exchange?
    /// Whether a request line has been read.
    var hasAsked = false
    /// Whether libmicrohttpd refused a request by itself: the client may still be sending.
    var isRefused = false
    /// True once another protocol has the socket: what it counts for lasts until that ends.
    var isHandedOver = false
    /// The client that a trusted proxy handed the connection over for.
    var forwardedPeer: PeerAddress?
    private var isWatched = false
    private var isOpen = false
    private var isCorked = false

    init(_ arrival: Arrival, relay: TLSRelay?, server: HTTPServer) {
        descriptor = arrival.descriptor
        peer = arrival.peer
        isProxied = arrival.isProxied
        isTrustedProxy = server.isTrustedProxy(arrival.peer)
        self.relay = relay
        self.server = server
        loop = arrival.loop
        deadline = .max
        restart(for: server.timeouts.head)
    }

    /// What the TLS handshake settled, worked out on each call; `nil` without TLS.
    package var tls: TLSFacts? { relay?.facts }

    /// Whether the client's connection has TLS that ends here.
    package var isEncrypted: Bool { relay != nil }

    /// The connection is cut after `time`, and what `bytes` need at the slowest allowed rate.
    ///
    /// They began at `start`, in milliseconds of the loop's clock; now when left out.
    func restart(for time: Timeout, bytes: UInt64 = 0, since start: UInt64? = nil) {
        let rate = UInt64(max(1, server.limits.bytesPerSecondMin))
        deadline = (start ?? loop.now) + time.milliseconds + min(bytes, 1 << 50) / rate * 1000
    }

    func opened() {
        isOpen = true
        loop.connections[descriptor] = self
        loop.streams.counters.add(.httpConnections)
    }

    func closed() {
        guard isOpen else { return }
        isOpen = false
        stopWatching()
        if relay == nil, isRefused || !hasAsked { loop.linger(descriptor) }
        loop.connections[descriptor] = nil
        if !isHandedOver { leave() }
    }

    /// The protocol that took the socket over is done with it.
    func handedOverEnded() {
        guard isHandedOver else { return }
        isHandedOver = false
        if let forwardedPeer { server.leave(forwardedPeer) }
        leave()
    }

    private func leave() {
        loop.streams.counters.add(.httpConnections, -1)
        server.connectionClosed(self)
    }

    /// Ends the connection now; what is being sent is lost, a request that is late is told so.
    func cut() {
        deadline = .max
        if exchange?.isArriving ?? !hasAsked { sendRefusal(.requestTimeout) }
        let isSuspended = exchange?.isSuspended ?? false
        // libmicrohttpd may have nothing to tell of a body that does not move.
        if !isSuspended || exchange?.isArriving == true {
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
        // Nor of one that it has no memory left for.
        if let exchange, !isSuspended || exchange.isArrivingInChunks,
            let request = exchange.request
        {
            loop.daemon?.cut(request)
        }
        if isSuspended { exchange?.clientLeft() }
    }

    /// Notices that the client has left, where libmicrohttpd cannot.
    ///
    /// When the end of what the client sends comes together with its last bytes, libmicrohttpd
    /// takes these and waits to be told that there is more to read; it is not told again.
    func checkPresence() {
        guard let exchange, exchange.mayHaveLeft, !exchange.isSuspended else { return }
        if exchange.isHeld { exchange.mayHaveLeft = false }
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0 else { return }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Lets the head of an answer wait for the first bytes of its file, which libmicrohttpd sends
    /// by another system call: one packet less, and the client wakes up once.
    func cork() {
        guard relay == nil, !peer.isLocal else { return }
        isCorked = setCork(1)
    }

    /// Sends what is left of a file.
    func uncork() {
        guard isCorked else { return }
        isCorked = false
        _ = setCork(0)
    }

    private func setCork(_ value: Int32) -> Bool {
        var value = value
        let size = socklen_t(MemoryLayout<Int32>.size)
        return setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &value, size) == 0
    }

    /// Sends a last answer past libmicrohttpd, which closes the connection next.
    func sendRefusal(_ status: HTTPStatus) {
        loop.streams.counters.add(.httpResponses(class: Int(status.code) / 100))
        HTTPRefusal(status).send(on: descriptor)
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
