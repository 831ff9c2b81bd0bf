/// What is known of the connection a stream came by.
package struct PeerFacts: Sendable {
    /// Textual IP address of the client itself, also behind a trusted proxy; empty for a unix
    /// socket.
    package var address: String
    package var port: Int
    /// Whether the client is on this machine: a loopback address or a unix socket.
    package var isLoopback: Bool
    package var security: TransportSecurity
    /// Protocol and cipher for people to read, as `TLSv1.3 TLS_AES_256_GCM_SHA384`; `nil` without
    /// TLS.
    package var tlsSummary: String?

    package init(
        address: String, port: Int = 0, isLoopback: Bool, security: TransportSecurity = .none,
        tlsSummary: String? = nil
    ) {
        self.address = address
        self.port = port
        self.isLoopback = isLoopback
        self.security = security
        self.tlsSummary = tlsSummary
    }
}
