/// A kind of listener by the name ejabberd gives it, and the options it takes.
package struct ListenerModule: Sendable {
    package let name: String
    /// One sentence for the reference.
    package let summary: String
    package let options: [any OptionDeclaration]
    /// What a listener of this kind does not do yet, to warn of; `nil` when there is nothing.
    let limitation: String?

    private init(
        name: String, summary: String, limitation: String? = nil,
        options: [any OptionDeclaration]
    ) {
        self.name = name
        self.summary = summary
        self.limitation = limitation
        self.options = options
    }

    /// The kinds of listener whose options are known.
    package static let all = [c2s, s2sIn, service, http]

    private static let common: [any OptionDeclaration] = [
        ListenerOption.backlog, ListenerOption.acceptInterval, ListenerOption.sendTimeout,
        ListenerOption.usesProxyProtocol, ListenerOption.unixSocket,
        ListenerOption.maxConnections, ListenerOption.maxConnectionsPerAddress,
    ]

    private static let encryption: [any OptionDeclaration] = [
        ListenerOption.tls, ListenerOption.certificateFile, ListenerOption.caFile,
        ListenerOption.ciphers, ListenerOption.protocolOptions,
    ]

    private static let limits: [any OptionDeclaration] = [
        ListenerOption.maxStanzaSize, ListenerOption.maxStanzaElements,
        ListenerOption.maxStanzaDepth, ListenerOption.maxStanzaAttributes,
        ListenerOption.preAuthMaxStanzaSize, ListenerOption.preAuthMaxStanzaElements,
        ListenerOption.preAuthMaxStanzaDepth, ListenerOption.preAuthMaxStanzaAttributes,
        ListenerOption.maxQueue, ListenerOption.shaper,
    ]

    package static let c2s = ListenerModule(
        name: "ejabberd_c2s", summary: "Streams of clients (RFC 6120).",
        options: common + encryption + [
            ListenerOption.startTLS, ListenerOption.startTLSRequired, ListenerOption.tlsVerify,
            ListenerOption.allowsUnencryptedSASL,
            ListenerOption.access, ListenerOption.idleTimeout, ListenerOption.whitespaceInterval,
        ] + limits)

    package static let s2sIn = ListenerModule(
        name: "ejabberd_s2s_in",
        summary:
            "Streams of other servers (RFC 6120 §4). Federation is not served yet: each stream is"
            + " answered, and closed with the reason.",
        limitation:
            "federation is not served yet: streams of other servers are answered, and closed"
            + " with the reason",
        options: common + encryption + limits)

    package static let service = ListenerModule(
        name: "ejabberd_service", summary: "Streams of components (XEP-0114).",
        options: common + encryption + [
            ListenerOption.access, ListenerOption.componentHosts, ListenerOption.password,
            ListenerOption.checksFrom, ListenerOption.globalRoutes,
        ] + limits)

    package static let http = ListenerModule(
        name: "ejabberd_http",
        summary: "Web: BOSH, files, and what else `request_handlers` mounts.",
        options: common + encryption + [
            ListenerOption.requestHandlers, ListenerOption.customHeaders,
            ListenerOption.strictTransport,
            ListenerOption.defaultHost, ListenerOption.corsOrigins,
            ListenerOption.maxURISize, ListenerOption.maxHeaderFields, ListenerOption.maxBodySize,
            ListenerOption.headerTimeout, ListenerOption.bodyTimeout,
            ListenerOption.keepAliveTimeout, ListenerOption.minTransferRate,
            ListenerOption.allowsUnencryptedSASL, ListenerOption.access,
        ] + limits)
}
