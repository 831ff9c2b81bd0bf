import Logging
import XMPPConfig
import XMPPEngine

/// Serves the web (`ejabberd_http`): what `request_handlers` mounts.
package struct HTTPListenerFactory: ListenerFactory {
    private let service: HTTPService
    private static let log = Logger(label: "martlet.http")

    package init(_ service: HTTPService) { self.service = service }

    package func start(
        _ listener: ListenerConfiguration, on server: Server
    ) async throws -> RunningListener {
        guard !listener.options[ListenerOption.tls] else {
            // Clear text where TLS was asked for would be worse than nothing.
            throw ListenerFailure("HTTPS cannot be served yet at \(listener.address)")
        }
        if listener.options[ListenerOption.usesProxyProtocol] {
            throw ListenerFailure("no PROXY headers over HTTP yet at \(listener.address)")
        }
        let loops = service.loops
        guard !loops.isEmpty else { throw ListenerFailure("the HTTP loops do not run") }
        let log = try accessLog(server.configuration)
        let http: HTTPServer
        do {
            http = try HTTPServer(
                endpoint(listener, on: server), site: site(listener, on: server), loops: loops,
                accessLog: log, log: Self.log)
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
        let paths = HostedFiles.options(in: configuration).compactMap {
            $0.options[HTTPModules.accessLog]
        }
        guard let path = paths.first else { return nil }
        return try AccessLog(path: path)
    }

    // MARK: what is mounted

    private func site(_ listener: ListenerConfiguration, on server: Server) -> Site {
        let configuration = server.configuration
        let headers = listener.options[ListenerOption.customHeaders]
        var mounts: [Mount] = []
        for handler in listener.options[ListenerOption.requestHandlers] {
            switch handler.module {
            case "mod_bosh", "mod_http_bind":
                mounts.append(bosh(handler, listener, headers, on: server))
            case "mod_http_fileserver":
                guard let files = files(handler, headers, configuration) else { continue }
                mounts.append(files)
            default:
                // Names that are known and not served were warned of as they were read.
                continue
            }
        }
        return Site(mounts)
    }

    private func bosh(
        _ handler: RequestHandler, _ listener: ListenerConfiguration, _ headers: [String: String],
        on server: Server
    ) -> Mount {
        let hosts = server.configuration.hosts.compactMap { server.configuration.host($0) }
        let options = hosts.lazy.compactMap {
            $0.modules["mod_bosh"] ?? $0.modules["mod_http_bind"]
        }
        service.bosh.settings = options.first.map { BOSHSettings($0) } ?? BOSHSettings()
        let setsOrigin = headers.keys.contains {
            $0.lowercased() == "access-control-allow-origin"
        }
        let cors = CORSPolicy(
            origins: .any, methods: [.post, .get], requestFields: ["Content-Type"])
        return Mount(
            prefix: handler.path,
            handler: BOSHHandler(
                service: service.bosh, directory: server.hosts,
                options: C2SOptions(listener, on: server)),
            fields: Self.fields(headers), cors: setsOrigin ? nil : cors)
    }

    private func files(
        _ handler: RequestHandler, _ headers: [String: String], _ configuration: Configuration
    ) -> Mount? {
        guard let files = HostedFiles(configuration) else {
            Self.log.warning(
                "there are no files to serve", metadata: ["at": "\(handler.path)"])
            return nil
        }
        let own = HostedFiles.options(in: configuration).first?
            .options[HTTPModules.customHeaders]
        return Mount(
            prefix: handler.path, handler: files,
            fields: Self.fields(headers.merging(own ?? [:]) { _, own in own }))
    }

    private static func fields(_ headers: [String: String]) -> [HTTPField] {
        headers.sorted { $0.key < $1.key }.map { HTTPField($0.key, $0.value) }
    }
}
