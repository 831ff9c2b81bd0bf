import XMPPEngine

extension PeerFacts {
    /// What is known of the client that sent a request.
    init(_ exchange: Exchange) {
        let peer = exchange.peer
        // A client that a proxy on this machine speaks for is not on this machine.
        let isForwarded =
            exchange.field("X-Forwarded-For") != nil || exchange.field("Forwarded") != nil
        self.init(
            address: peer.isLocal ? "" : peer.description, port: Int(peer.port),
            isLoopback: peer.isLoopback && !isForwarded,
            security: TransportSecurity(isEncrypted: exchange.isSecure))
    }
}
