import NIOCore
import Stages
import Testing
import XMPPCore

@testable import HTTPFront
@testable import XMPPConfig
@testable import XMPPEngine

/// A whole server with one web listener, on a free port; its configuration can be changed.
final class WebScene: ServerStage {
    let port: UInt16
    let folder: TestFolder
    let http: HTTPService
    let server: Server
    let root: Supervisor

    /// Made for each server: they keep what their sessions share.
    private static var modules: [any WebModule] {
        [
            BOSHModule(), WebSocketModule(), PollModule(), FileServerModule(), APIModule(),
            HostMetaModule(), UploadModule(), MetricsModule(),
        ]
    }

    private static let schema = ConfigurationSchema(
        modules: Catalogue.modules.map {
            ConfigurationSchema.Module($0.name, options: $0.options)
        } + modules.flatMap(\.declarations),
        requestHandlers: Set(modules.flatMap(\.names)),
        listenerModules: ["ejabberd_http", "ejabberd_c2s"])

    /// `text` is what stands in the configuration beside the listener; it may begin with others.
    init(_ text: String) async throws {
        // Taken for a moment, so that nobody else has it.
        port = try ListeningSocket(HTTPEndpoint(.port(0, ip: "127.0.0.1"))).port
        folder = try TestFolder()
        http = HTTPService(loops: 1)
        let modules = Self.modules
        server = Server(
            configuration: try Self.configuration(text, port),
            environment: ServerEnvironment(
                dataDirectory: folder.path, version: "1.0", loops: 1),
            catalogue: Catalogue.modules,
            factories: [
                "ejabberd_http": HTTPListenerFactory(http, modules: modules),
                "ejabberd_c2s": C2SListenerFactory(),
            ])
        root = server.makeTree(extra: [http.loopParts], last: [http.sessionParts(of: modules)])
        server.registerCommands(reload: { "" }, check: { "" }, drain: {})
        await root.start()
    }

    static func configuration(_ text: String, _ port: UInt16 = 5280) throws -> Configuration {
        try load(text, port).configuration
    }

    /// What a configuration is warned of.
    static func warnings(_ text: String) throws -> [String] {
        try load(text, 5280).warnings.map(\.description)
    }

    private static func load(
        _ text: String, _ port: UInt16
    ) throws -> ConfigurationLoader.Loaded {
        try ConfigurationLoader.load(
            text: """
                listen:
                  - port: \(port)
                    ip: 127.0.0.1
                    module: ejabberd_http
                    request_handlers:
                      /bosh: mod_bosh
                      /ws: ejabberd_http_ws
                      /poll: mod_http_poll
                      /api: mod_http_api
                      /upload: mod_http_upload
                      /metrics: mod_prometheus
                      /.well-known: mod_host_meta
                      /: mod_http_fileserver
                \(text)
                """, named: "test.yml", schema: schema)
    }

    /// Reads another configuration, whose listener is the same.
    func reload(_ text: String) async throws {
        _ = try await server.apply(try Self.configuration(text, port))
    }

    /// Waits until the loops have ended the requests that were answered before.
    func settle() async {
        for loop in http.loops {
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                loop.execute { done.resume() }
            }
        }
    }

    func client() throws -> RawClient { try RawClient(port: port) }

    func ask(_ head: String) throws -> RawResponse {
        let client = try client()
        client.send(head + "\r\n\r\n")
        return try client.readResponse(to: String(head.prefix { $0 != " " }))
    }

    /// Runs a play and stops the server after it.
    static func play(_ text: String, _ play: (WebScene) async throws -> Void) async throws {
        try await WebScene(text).play(play)
    }
}
