import Glibc
import Logging
import Synchronization

/// One listening endpoint with its handlers, spread over loops.
///
/// Any thread may use it: the site and the counts are behind a lock, connections live on loops.
package final class HTTPServer: Sendable {
    private struct State {
        var site: Site
        var clients: [UInt64: Int] = [:]
        var nextLoop = 0
        var acceptor: Acceptor?
    }

    /// Where it listens.
    package let endpoint: HTTPEndpoint
    /// The port in use, also when port 0 was asked for; 0 for a unix socket.
    package let port: UInt16
    let isSecure = false
    private let loops: [HTTPLoop]
    private let log: Logger
    private let accessLog: AccessLog?
    private let state: Mutex<State>

    /// Binds and begins to accept.
    ///
    /// Connections are dealt out in turn to `loops`, of which there must be one at least. The
    /// access log gets one line an answer.
    ///
    /// - Throws: `HTTPServerError.bind` when the address cannot be had; it may be tried again.
    package init(
        _ endpoint: HTTPEndpoint, site: Site, loops: [HTTPLoop], accessLog: AccessLog? = nil,
        log: Logger
    ) throws(HTTPServerError) {
        let socket = try ListeningSocket(endpoint)
        self.endpoint = endpoint
        self.loops = loops
        self.log = log
        self.accessLog = accessLog
        port = socket.port
        state = Mutex(State(site: site))
        guard let first = loops.first else { throw .badAddress("no loop") }
        let acceptor = Acceptor(socket: socket, server: self, loop: first)
        state.withLock { $0.acceptor = acceptor }
        acceptor.start()
    }

    /// The handlers; a new site serves from the next request on, connections stay.
    package var site: Site {
        get { state.withLock { $0.site } }
        set { state.withLock { $0.site = newValue } }
    }

    /// Stops accepting and closes the socket; open connections go on until their loops stop.
    package func stopAccepting() {
        let acceptor = state.withLock { state in
            defer { state.acceptor = nil }
            return state.acceptor
        }
        acceptor?.stop()
    }

    /// Stops accepting, answers what is held and closes the connections of this server.
    package func stop() {
        stopAccepting()
        for loop in loops {
            loop.execute {
                for connection in Array(loop.connections.values) where connection.server === self {
                    connection.loopStops()
                }
                loop.stopWatches(of: self)
            }
        }
    }

    func route(_ exchange: Exchange) {
        site.route(exchange)
    }

    func log(_ exchange: Exchange) {
        accessLog?.write(exchange)
    }
}

// MARK: Connections

extension HTTPServer {
    /// Takes an accepted socket: counts it and hands it to the next loop.
    func accepted(_ descriptor: Int32, from storage: sockaddr_storage, length: socklen_t) {
        let peer = PeerAddress(storage)
        let loop = state.withLock { state -> HTTPLoop? in
            let index = state.nextLoop % loops.count
            state.nextLoop = index + 1
            let clients = state.clients[peer.network, default: 0]
            // Behind an address of this machine may be a proxy with everybody's connections.
            let limits = loops[index].limits
            let isExempt = peer.isLoopback && !limits.limitsLoopback
            guard isExempt || clients < limits.connectionsPerAddressMax else {
                return nil
            }
            state.clients[peer.network] = clients + 1
            return loops[index]
        }
        guard let loop else {
            close(descriptor)
            return
        }
        loop.execute { [self] in
            let connection = HTTPConnection(
                descriptor: descriptor, peer: peer, server: self, loop: loop)
            let isAdopted = withUnsafePointer(to: storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    loop.daemon?.adopt(connection, address: address, length: length) ?? false
                }
            }
            if !isAdopted { forget(peer) }
        }
    }

    func connectionOpened(_ connection: HTTPConnection) {}

    func connectionClosed(_ connection: HTTPConnection) {
        forget(connection.peer)
    }

    private func forget(_ peer: PeerAddress) {
        state.withLock { state in
            guard let clients = state.clients[peer.network] else { return }
            state.clients[peer.network] = clients > 1 ? clients - 1 : nil
        }
    }
}
