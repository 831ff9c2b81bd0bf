import CMicroHTTPD
import Glibc
import Logging
import Synchronization
import XMPPConfig
import XMPPEngine

/// The way of a connection from accept(2) to libmicrohttpd: counts, PROXY header, TLS.
extension HTTPServer {
    /// Takes an accepted socket and hands it to the next loop.
    func accepted(_ descriptor: Int32, from storage: sockaddr_storage) {
        let loop = state.withLock { state in
            defer { state.nextLoop = (state.nextLoop + 1) % loops.count }
            return loops[state.nextLoop]
        }
        let peer = PeerAddress(storage)
        loop.execute { [self] in
            let arrival = Arrival(
                descriptor: descriptor, peer: peer, loop: loop, isProxied: door.usesProxyProtocol)
            guard enter() else { return refuse(arrival, .serviceUnavailable) }
            guard door.usesProxyProtocol else { return admit(arrival) }
            _ = ProxyArrival(descriptor, loop: loop) { [self] result in
                readProxyHeader(result, of: arrival)
            }
        }
    }

    private func readProxyHeader(
        _ result: Result<ProxyProtocol.Header, ProxyProtocol.Failure>, of arrival: Arrival
    ) {
        var arrival = arrival
        switch result {
        case .success(.proxied(let source, _)): arrival.peer = PeerAddress(source)
        case .success(.unproxied): break
        case .failure(let failure):
            log.debug(
                "no PROXY header", metadata: ["peer": "\(arrival.peer)", "error": "\(failure)"])
            leave()
            return arrival.loop.closeSoon(arrival.descriptor)
        }
        admit(arrival)
    }

    /// The client's own address is known now.
    private func admit(_ arrival: Arrival) {
        // A proxy brings others than itself: its requests are looked at one by one.
        if let seconds = ban(of: arrival.peer), !isTrustedProxy(arrival.peer) {
            leave()
            return refuse(arrival, .forbidden, retryAfter: seconds)
        }
        guard enter(arrival.peer, isExempt: isExempt(arrival.peer)) else {
            leave()
            return refuse(arrival, .tooManyRequests)
        }
        guard let contextOfNext = door.tls else {
            open(arrival, relay: nil)
            return
        }
        guard let context = contextOfNext(),
            let relay = try? TLSRelay(
                arrival.descriptor, context: context, limits: limits, loop: arrival.loop)
        else {
            log.warning("no TLS for a client", metadata: ["peer": "\(arrival.peer)"])
            leave(arrival.peer)
            leave()
            return arrival.loop.closeSoon(arrival.descriptor)
        }
        arrival.preferPromptness()
        relay.start(within: limits.headTimeout) { [self, unowned relay] plain in
            var inner = arrival
            inner.descriptor = plain
            return open(inner, relay: relay)
        } failed: { [self] in
            leave(arrival.peer)
            leave()
        }
    }

    @discardableResult
    private func open(_ arrival: Arrival, relay: TLSRelay?) -> Bool {
        let connection = HTTPConnection(arrival, relay: relay, server: self)
        // Only the family matters to libmicrohttpd: it sets options of TCP by it.
        var address = sockaddr()
        address.sa_family = sa_family_t(relay == nil && !arrival.isLocal ? AF_INET : AF_UNIX)
        let length = socklen_t(MemoryLayout<sockaddr>.size)
        let isAdopted = arrival.loop.daemon?.adopt(connection, address: &address, length: length)
        if isAdopted != true { connectionClosed(connection) }
        return isAdopted == true
    }

    /// Says no, where that costs little, and closes.
    private func refuse(_ arrival: Arrival, _ status: HTTPStatus, retryAfter: Int? = nil) {
        if door.tls == nil {
            HTTPRefusal(status, retryAfter: retryAfter).send(on: arrival.descriptor)
            arrival.loop.linger(arrival.descriptor)
        }
        arrival.loop.closeSoon(arrival.descriptor)
    }

    /// How many seconds a client is still kept out; `nil` when it is not.
    func ban(of peer: PeerAddress) -> Int? {
        guard let bans = door.bans, bans.count > 0 else { return nil }
        return peer.ip.flatMap { bans.secondsLeft(for: $0) }
    }

    /// Whether a peer may say on whose behalf it asks.
    ///
    /// A local socket is as trusted as a loopback address: its file's mode says who may connect.
    func isTrustedProxy(_ peer: PeerAddress) -> Bool {
        let trusted = door.trustedProxies()
        if let address = peer.ip { return trusted.trusts(address) }
        return trusted.trusts(.loopbackV4) || trusted.trusts(.loopbackV6)
    }
}

// MARK: Counts

extension HTTPServer {
    private func enter() -> Bool {
        state.withLock { $0.counts.enter(max: limits.serverConnectionsMax) }
    }

    private func leave() {
        state.withLock { $0.counts.leave() }
    }

    /// Counts a request that a trusted proxy passes on for its client's address.
    ///
    /// The proxy has said who asks: that all proxies are trusted lifts no limit here.
    func enter(forwarded client: PeerAddress) -> Bool {
        enter(client, isExempt: isExempt(forwarded: client))
    }

    /// Whether nothing that a request asks for has a limit for its client alone.
    func isExempt(_ exchange: Exchange) -> Bool {
        guard let client = exchange.forwarded?.address else {
            return isExempt(exchange.connection.peer)
        }
        return isExempt(forwarded: client)
    }

    private func isExempt(forwarded client: PeerAddress) -> Bool {
        client.isLoopback && !limits.limitsLoopback
    }

    private func enter(_ peer: PeerAddress, isExempt: Bool) -> Bool {
        state.withLock {
            $0.counts.enter(peer, max: isExempt ? nil : limits.connectionsPerAddressMax)
        }
    }

    /// Behind an address of this machine, and behind a proxy, may be everybody's connections.
    private func isExempt(_ peer: PeerAddress) -> Bool {
        if peer.isLoopback { return !limits.limitsLoopback }
        return isTrustedProxy(peer)
    }

    func leave(_ peer: PeerAddress) {
        state.withLock { $0.counts.leave(peer) }
    }

    func connectionClosed(_ connection: HTTPConnection) {
        leave(connection.peer)
        leave()
    }
}

/// An accepted socket and what is known of who is at the other end.
struct Arrival {
    var descriptor: Int32
    var peer: PeerAddress
    let loop: HTTPLoop
    /// A load balancer passes the connection on.
    let isProxied: Bool
    /// True for a unix socket, whomever a load balancer names.
    let isLocal: Bool

    init(descriptor: Int32, peer: PeerAddress, loop: HTTPLoop, isProxied: Bool) {
        self.descriptor = descriptor
        self.peer = peer
        self.loop = loop
        self.isProxied = isProxied
        isLocal = peer.isLocal
    }

    /// Small records leave at once.
    func preferPromptness() {
        guard !isLocal else { return }
        var on: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on,
            socklen_t(MemoryLayout<Int32>.size))
    }
}

extension IPAddress {
    fileprivate static let loopbackV4 = IPAddress("127.0.0.1")
    fileprivate static let loopbackV6 = IPAddress("::1")
}

extension TrustedProxies {
    fileprivate func trusts(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return trusts(address)
    }
}
