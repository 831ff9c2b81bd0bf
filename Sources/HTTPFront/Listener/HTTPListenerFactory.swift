import Glibc
import Logging
import XMPPConfig
import XMPPEngine

/// Serves the web (`ejabberd_http`): what `request_handlers` mounts.
package struct HTTPListenerFactory: ListenerFactory {
    private let service: HTTPService
    private let modules: [any WebModule]
    private static let log = Logger(label: "martlet.http")

    /// Mounts what the modules serve.
    package init(_ service: HTTPService, modules: [any WebModule]) {
        self.service = service
        self.modules = modules
    }

    package func start(
        _ listener: ListenerConfiguration, on server: Server
    ) async throws -> RunningListener {
        let door = try door(listener, on: server)
        let loops = service.loops
        guard !loops.isEmpty else { throw ListenerFailure("the HTTP loops do not run") }
        service.count(in: server.environment.observatory)
        let logs = service.accessLogs
        try logs.use(modules.flatMap { $0.accessLogs(in: server.configuration) })
        let http = try HTTPServer(
            endpoint(listener, on: server), site: site(listener, on: server), loops: loops,
            door: door, limits: HTTPLimits(listener, loops: service.limits),
            accessLog: { logs.log(for: $0) }, log: Self.log)
        let place: Logger.Metadata = ["endpoint": "\(listener.address)"]
        Self.log.info("listening", metadata: place)
        var running = RunningListener(stop: {
            http.stop()
            Self.log.info("stopped listening", metadata: place)
        })
        running.reload = { [weak server] in
            guard let server else { return }
            try logs.use(modules.flatMap { $0.accessLogs(in: server.configuration) })
            http.site = try site(listener, on: server)
        }
        running.connectionCount = { http.connectionCount }
        return running
    }

    private func door(
        _ listener: ListenerConfiguration, on server: Server
    ) throws -> HTTPServer.Door {
        var door = HTTPServer.Door()
        door.usesProxyProtocol = listener.options[ListenerOption.usesProxyProtocol]
        door.trustedProxies = { [weak server] in
            server?.configuration.options[ServerOption.trustedProxies] ?? .networks([])
        }
        door.bans = server.bans
        door.strictTransport = strictTransport(listener)
        let defaultHost = listener.options[ListenerOption.defaultHost]
        door.servedHost = { [weak server] name in
            server?.configuration.webHost(named: name, default: defaultHost)
        }
        guard listener.options[ListenerOption.tls] else { return door }
        // Clear text where TLS was asked for would be worse than nothing.
        guard let tls = ListenerTLS.make(for: listener, on: server, direct: .web),
            tls.context != nil
        else { throw ListenerFailure("no certificate for TLS at \(listener.address)") }
        door.tls = { tls.context }
        return door
    }

    /// `Strict-Transport-Security` (RFC 6797 §6.1), unless `custom_headers` says another one.
    private func strictTransport(_ listener: ListenerConfiguration) -> HTTPField? {
        let name = "Strict-Transport-Security"
        let headers = listener.options[ListenerOption.customHeaders]
        guard let age = listener.options[ListenerOption.strictTransport],
            !headers.keys.contains(where: { $0.lowercased() == name.lowercased() })
        else { return nil }
        return HTTPField(name, "max-age=\(age.components.seconds)")
    }

    private func endpoint(
        _ listener: ListenerConfiguration, on server: Server
    ) -> HTTPEndpoint {
        let backlog = Int32(clamping: listener.options[ListenerOption.backlog])
        switch listener.address {
        case .network(let ip, let port):
            return HTTPEndpoint(
                .port(UInt16(clamping: port), ip: ip.description), backlog: backlog)
        case .unix(let path):
            let file = listener.options[ListenerOption.unixSocket]
            var endpoint = HTTPEndpoint(
                .unix(path: server.environment.path(path)), backlog: backlog)
            endpoint.mode = mode_t(file[ListenerOption.unixMode], radix: 8)
            endpoint.owner = file[ListenerOption.unixOwner].map { uid_t(clamping: $0) }
            endpoint.group = file[ListenerOption.unixGroup].map { gid_t(clamping: $0) }
            return endpoint
        }
    }

    // MARK: what is mounted

    private func site(_ listener: ListenerConfiguration, on server: Server) throws -> Site {
        var mounts: [Mount] = []
        for handler in listener.options[ListenerOption.requestHandlers] {
            // Names that are known and not served were warned of as they were read.
            guard let module = modules.first(where: { $0.names.contains(handler.module) })
            else { continue }
            let place = MountPlace(
                path: handler.path, name: handler.module, listener: listener, server: server,
                service: service, modules: modules)
            if let mount = try module.mount(at: place) { mounts.append(mount) }
        }
        return Site(mounts)
    }
}

extension HTTPLimits {
    /// A listener's limits; what is set up with the loops is theirs.
    init(_ listener: ListenerConfiguration, loops: HTTPLimits) {
        self = loops
        let options = listener.options
        serverConnectionsMax = options[ListenerOption.maxConnections].bound ?? .max
        connectionsPerAddressMax = options[ListenerOption.maxConnectionsPerAddress].bound ?? .max
        targetBytesMax = options[ListenerOption.maxURISize].bytes
        fieldsMax = options[ListenerOption.maxHeaderFields]
        if let bytes = options[ListenerOption.maxBodySize].bound?.bytes {
            bodyBytesMax = UInt64(clamping: bytes)
        }
        headTimeout = options[ListenerOption.headerTimeout]
        bodyTimeout = options[ListenerOption.bodyTimeout]
        keepAliveTimeout = options[ListenerOption.keepAliveTimeout]
        bytesPerSecondMin = options[ListenerOption.minTransferRate]
    }
}

extension Configuration {
    /// The host that a request for `name` means (`hosts_alias`, `default_host`).
    func webHost(named name: String?, default other: String?) -> String? {
        guard hosts.count > 1 else { return hosts.first }
        if let name {
            if host(name) != nil { return name }
            if let alias = options[ServerOption.hostsAlias][name], host(alias) != nil {
                return alias
            }
        }
        if let other, host(other) != nil { return other }
        return hosts.first
    }
}
