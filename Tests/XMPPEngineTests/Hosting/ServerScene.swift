import NIOCore
import Stages
import Testing
import XMPPConfig

@testable import XMPPEngine

/// A whole server with listeners on unix sockets in a folder of its own.
final class ServerScene: ServerStage {
    static let usual = """
        hosts: [example.com]
        listen:
          - {port: "unix:c2s.sock", module: ejabberd_c2s}
          - {port: "unix:component.sock", module: ejabberd_service, password: secret}
        """
    private static let factories: [String: any ListenerFactory] = [
        "ejabberd_c2s": C2SListenerFactory(), "ejabberd_service": ComponentListenerFactory(),
        "ejabberd_s2s_in": S2SListenerFactory(),
    ]

    let server: Server
    let root: Supervisor
    private let folder: TemporaryFolder

    /// Starts a server; `beforeListening` is handed it.
    init(
        _ text: String = usual,
        beforeListening: @escaping @Sendable (Server, ServerScene.Sockets) async throws -> Void = {
            _, _ in
        }
    ) async throws {
        let folder = try TemporaryFolder()
        let server = Server(
            configuration: try Self.configuration(text),
            environment: ServerEnvironment(dataDirectory: folder.path, version: "1", loops: 2),
            catalogue: Catalogue.modules, factories: Self.factories)
        self.folder = folder
        self.server = server
        let sockets = Sockets(folder: folder.path)
        root = server.makeTree(beforeListening: { try await beforeListening(server, sockets) })
        await root.start()
    }

    static func configuration(_ text: String) throws -> Configuration {
        var tls = TLSJudge.openSSL
        // Scenes are made of configurations whose certificates are nowhere.
        tls.certificates = { _ in CertificateFindings(hasCertificate: true) }
        let schema = ConfigurationSchema(
            modules: Catalogue.modules.map {
                ConfigurationSchema.Module($0.name, options: $0.options)
            }, listenerModules: Set(factories.keys), tls: tls)
        return try ConfigurationLoader.load(text: text, named: "test.yml", schema: schema)
            .configuration
    }

    /// Where the server's sockets are.
    struct Sockets: Sendable {
        let folder: String

        /// A client on a socket; `nil` when nobody listens.
        func client(_ name: String = "c2s.sock") -> PlainClient? {
            PlainClient(path: folder + "/" + name)
        }
    }

    var sockets: Sockets { Sockets(folder: folder.path) }

    /// The stream header of a client that names a host, or none.
    static func header(to host: String?) -> String {
        """
        <stream:stream \(host.map { "to='\($0)' " } ?? "")version='1.0' xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams'>
        """
    }

    /// Runs a play and stops the server after it.
    static func play(
        _ text: String = usual, _ play: (ServerScene) async throws -> Void
    ) async throws {
        try await ServerScene(text).play(play)
    }
}
