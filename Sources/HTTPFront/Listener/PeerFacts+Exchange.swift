import XMPPEngine

extension PeerFacts {
    /// What is known of the client that sent a request.
    ///
    /// - Parameters:
    ///   - exchange: Of the request; its head is known.
    ///   - isStreamBound: Whether all of the stream goes over the connection of this request, as
    ///     with WebSocket. The requests of BOSH and of polling may come over any connection, so
    ///     that what belongs to one of them cannot be bound to.
    package init(_ exchange: Exchange, isStreamBound: Bool = false) {
        let peer = exchange.peer
        let tls = exchange.forwarded == nil ? exchange.connection.tls : nil
        self.init(
            address: peer.isLocal ? "" : peer.description, port: Int(peer.port),
            // A client that a proxy on this machine speaks for is not on this machine.
            isLoopback: peer.isLoopback && !exchange.isForwarded,
            security: tls.map { TransportSecurity($0, isStreamBound: isStreamBound) }
                ?? TransportSecurity(isEncrypted: exchange.isSecure),
            tlsSummary: tls.map { "\($0.version) \($0.cipher)" })
    }
}

extension TransportSecurity {
    /// The bindings of a connection that the whole stream goes over, or only those that all
    /// connections to this server share.
    fileprivate init(_ facts: TLSFacts, isStreamBound: Bool) {
        let all = TransportSecurity(facts)
        self.init(
            isEncrypted: true,
            channelBindings: all.channelBindings.filter { binding, _ in
                isStreamBound || binding == .tlsServerEndPoint
            },
            certificateAddresses: isStreamBound ? all.certificateAddresses : [])
    }
}
