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
        let log = try accessLog(server.configuration)
        let http: HTTPServer
        do {
            http = try HTTPServer(
                endpoint(listener, on: server), site: site(listener, on: server), loops: loops,
                door: door, accessLog: log, log: Self.log)
        } catch {
            log?.close()
            throw error
        }
        return RunningListener(
            stop: {
                http.stop()
                log?.close()
            })
    }

    private func door(
        _ listener: ListenerConfiguration, on server: Server
    ) throws -> HTTPServer.Door {
        var door = HTTPServer.Door()
        door.usesProxyProtocol = listener.options[ListenerOption.usesProxyProtocol]
        door.trustedProxies = { [weak server] in
            server?.configuration.options[ServerOption.trustedProxies] ?? .networks([])
        }
        guard listener.options[ListenerOption.tls] else { return door }
        // Clear text where TLS was asked for would be worse than nothing.
        guard let tls = ListenerTLS.make(for: listener, on: server, direct: .web),
            tls.context != nil
        else { throw ListenerFailure("no certificate for TLS at \(listener.address)") }
        door.tls = { tls.context }
        return door
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
            return HTTPEndpoint(
                .unix(path: server.environment.path(path)), backlog: backlog)
        }
    }

    private func accessLog(_ configuration: Configuration) throws -> AccessLog? {
        let paths = FileServerModule().hosts(in: configuration).compactMap {
            $0.options[FileServerModule.accessLog]
        }
        guard let path = paths.first else { return nil }
        return try AccessLog(path: path)
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
                service: service)
            if let mount = try module.mount(at: place) { mounts.append(mount) }
        }
        return Site(mounts)
    }
}
