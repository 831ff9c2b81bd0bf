import NIOCore

/// Who is at the other end of an accepted connection.
package struct ConnectionFacts: Sendable {
    /// The client: as the proxy names it, else as the system does; `nil` for a unix socket.
    package let peer: SocketAddress?
    /// The address the client connected to.
    package let local: SocketAddress?
    /// A PROXY header named the addresses.
    package let isProxied: Bool

    package init(peer: SocketAddress?, local: SocketAddress?, isProxied: Bool = false) {
        self.peer = peer
        self.local = local
        self.isProxied = isProxied
    }
}
