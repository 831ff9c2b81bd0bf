import XMPPConfig

/// Answers for host-meta, with addresses as the client sees them.
struct HostMetaHandler: HTTPHandler {
    /// The listener that the request came to.
    let listener: ListenerConfiguration
    let module: HostMetaModule
    let configuration: @Sendable () -> Configuration?

    private static let bosh: Set<String> = ["mod_bosh", "mod_http_bind", "ejabberd_bosh"]
    private static let webSocket: Set<String> = ["ejabberd_http_ws", "mod_websocket"]

    func handle(_ exchange: Exchange) throws {
        guard let configuration = configuration() else { throw HTTPProblem(.serviceUnavailable) }
        let view = ClientView(exchange)
        let meta = hostMeta(for: view, configuration)
        let cache = HTTPField("Cache-Control", "public, max-age=300")
        if exchange.path.hasSuffix("/host-meta.json") {
            exchange.respond(
                .ok, fields: [HTTPField("Content-Type", "application/json"), cache],
                body: .text(meta.json))
        } else if exchange.path.hasSuffix("/host-meta") {
            exchange.respond(
                .ok, fields: [HTTPField("Content-Type", "application/xrd+xml"), cache],
                body: .bytes(meta.xml))
        } else {
            throw HTTPProblem(.notFound)
        }
    }

    /// The links for a client.
    func hostMeta(for view: ClientView, _ configuration: Configuration) -> HostMeta {
        let host = configuration.hosts.first { $0 == view.host } ?? configuration.hosts.first
        let options = module.hosts(in: configuration).first { $0.host == host }?.options
        let bosh = address(
            options?[HostMetaModule.boshServiceURL], of: Self.bosh, scheme: "http", host, view,
            configuration)
        let webSocket = address(
            options?[HostMetaModule.webSocketURL], of: Self.webSocket, scheme: "ws", host, view,
            configuration)
        return HostMeta(
            links: [bosh.map(HostMeta.Link.bosh), webSocket.map(HostMeta.Link.webSocket)]
                .compactMap { $0 })
    }

    private func address(
        _ option: ServiceAddress?, of handlers: Set<String>, scheme: String, _ host: String?,
        _ view: ClientView, _ configuration: Configuration
    ) -> String? {
        switch option ?? .automatic {
        case .nowhere: return nil
        case .address(let text): return text
        case .automatic: break
        }
        let path = listener.options[ListenerOption.requestHandlers]
            .first { handlers.contains($0.module) }?.path
        // Where this request came, the service is too: through the same proxy, by the same name.
        if view.isSecure, let path {
            return "\(scheme)s://\(view.authority)\(path == "/" ? "" : path)"
        }
        let elsewhere = configuration.webAddress(of: handlers)
        if let elsewhere, elsewhere.isSecure, let host {
            return elsewhere.text(scheme: scheme, host: host)
        }
        // XEP-0156 §2.2: nothing without TLS is made known, but on this very machine.
        guard view.isLocal else { return nil }
        if let path { return "\(scheme)://\(view.authority)\(path == "/" ? "" : path)" }
        return host.flatMap { elsewhere?.text(scheme: scheme, host: $0) }
    }
}

/// What a client sees of the server: the address it used, whatever stands between.
struct ClientView: Equatable {
    var isSecure: Bool
    /// Whether client and server are one machine.
    var isLocal: Bool
    /// The domain it asked for, without a port.
    var host: String
    /// The same with the port, if it used another than the usual.
    var authority: String
}

extension ClientView {
    init(_ exchange: Exchange) {
        isSecure = exchange.isSecure
        // A proxy on this machine, trusted or not, speaks for somebody elsewhere.
        isLocal = exchange.peer.isLoopback && !exchange.isForwarded
        host = exchange.host ?? "localhost"
        authority = exchange.authority?.lowercased() ?? host
    }
}
