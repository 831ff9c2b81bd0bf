import Logging
import XMPPConfig
import XMPPEngine

/// The files of each host that has `mod_http_fileserver`; other hosts get those of the first.
struct HostedFiles: HTTPHandler {
    private let servers: [String: FileServer]
    private let usual: FileServer

    private static let log = Logger(label: "martlet.http.files")

    /// `nil` when no host has a folder to serve.
    init?(_ hosts: [(host: String, options: ModuleOptions)], on engine: Server) {
        var servers: [String: FileServer] = [:]
        var usual: FileServer?
        for (host, options) in hosts {
            guard let server = Self.server(options, host: host, on: engine) else { continue }
            servers[host] = server
            if usual == nil { usual = server }
        }
        guard let usual else { return nil }
        self.servers = servers
        self.usual = usual
    }

    /// A folder that is not there is left out, and logged: the others are served.
    private static func server(
        _ options: ModuleOptions, host: String, on engine: Server
    ) -> FileServer? {
        let folders = options[FileServerModule.docroot].filter { prefix, path in
            let isThere = Folder(path) != nil
            if !isThere {
                log.warning(
                    "a folder cannot be served",
                    metadata: ["host": "\(host)", "at": "\(prefix)", "folder": "\(path)"])
            }
            return isThere
        }
        guard !folders.isEmpty else { return nil }
        var settings = FileServer.Settings(folders: folders)
        settings.indices = options[FileServerModule.directoryIndices]
        settings.contentTypes = ContentTypes(
            additions: options[FileServerModule.contentTypes],
            fallback: options[FileServerModule.defaultContentType])
        settings.passwords = BasicPasswords(options[FileServerModule.mustAuthenticateWith])
        settings.watch = PasswordWatch(engine, host: host)
        return try? FileServer(settings)
    }

    func handle(_ exchange: Exchange) throws {
        guard servers.count > 1 else { return try usual.handle(exchange) }
        let server = exchange.servedHost.flatMap { servers[$0] } ?? usual
        try server.handle(exchange)
    }
}
