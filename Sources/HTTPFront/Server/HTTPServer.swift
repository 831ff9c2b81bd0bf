import Glibc
import Logging
import Synchronization
import XMPPConfig
import XMPPEngine

/// One listening endpoint with its handlers, spread over loops.
///
/// Any thread may use it: the site and the counts are behind a lock, connections live on loops.
package final class HTTPServer: Sendable {
    /// What is asked of connections before HTTP begins, and whose word on others counts.
    package struct Door: Sendable {
        /// Each connection begins with a PROXY header, version 1 or 2.
        package var usesProxyProtocol = false
        /// Gives the context for the next TLS connection; `nil` is for clear text.
        package var tls: (@Sendable () -> TLSContext?)?
        /// Whose `Forwarded` and `X-Forwarded-…` fields are believed; asked for each connection.
        package var trustedProxies: @Sendable () -> TrustedProxies = { .networks([]) }
        /// The served host that a name means, lower case and without port; `nil` for no name.
        package var servedHost: @Sendable (String?) -> String? = { $0 }
        /// Added to answers that go over TLS, and to no others (RFC 6797 §7.2).
        package var strictTransport: HTTPField?

        /// Who is kept out; `nil` for nobody.
        package var bans: AddressBans?

        package init() {}
    }

    struct State {
        var site: Site
        var counts = ClientCounts()
        var nextLoop = 0
        var acceptor: Acceptor?
    }

    /// Where it listens.
    package let endpoint: HTTPEndpoint
    /// The port in use, also when port 0 was asked for; 0 for a unix socket.
    package let port: UInt16
    let door: Door
    let limits: HTTPLimits
    let timeouts: (head: Timeout, body: Timeout, keepAlive: Timeout)
    let loops: [HTTPLoop]
    let log: Logger
    private let accessLog: @Sendable (Exchange) -> AccessLog?
    let state: Mutex<State>

    /// Binds and begins to accept.
    ///
    /// Connections are dealt out in turn to `loops`, of which there must be one at least. Each
    /// answer gets a line in the access log it belongs into. `limits` are those of the loops when
    /// left out.
    ///
    /// - Throws: `HTTPServerError.bind` when the address cannot be had; it may be tried again.
    package init(
        _ endpoint: HTTPEndpoint, site: Site, loops: [HTTPLoop], door: Door = Door(),
        limits: HTTPLimits? = nil,
        accessLog: @escaping @Sendable (Exchange) -> AccessLog? = { _ in nil }, log: Logger
    ) throws(HTTPServerError) {
        let socket = try ListeningSocket(endpoint)
        guard let first = loops.first else { throw .badAddress("no loop") }
        self.endpoint = endpoint
        self.loops = loops
        self.door = door
        let limits = limits ?? first.limits
        self.limits = limits
        timeouts = (
            Timeout(limits.headTimeout), Timeout(limits.bodyTimeout),
            Timeout(limits.keepAliveTimeout)
        )
        self.log = log
        self.accessLog = accessLog
        port = socket.port
        state = Mutex(State(site: site))
        let acceptor = Acceptor(socket: socket, server: self, loop: first)
        state.withLock { $0.acceptor = acceptor }
        acceptor.start()
    }

    /// The handlers; a new site serves from the next request on, connections stay.
    package var site: Site {
        get { state.withLock { $0.site } }
        set { state.withLock { $0.site = newValue } }
    }

    /// Connections that are open now.
    package var connectionCount: Int { state.withLock { $0.counts.total } }

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
        accessLog(exchange)?.write(exchange)
    }
}
