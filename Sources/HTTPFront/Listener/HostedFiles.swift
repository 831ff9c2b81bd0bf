import Logging
import XMPPConfig

/// The files of each host that has `mod_http_fileserver`; other hosts get those of the first.
struct HostedFiles: HTTPHandler {
    private let servers: [String: FileServer]
    private let usual: FileServer

    private static let log = Logger(label: "martlet.http.files")

    /// `nil` when no host has a folder to serve.
    init?(_ configuration: Configuration) {
        var servers: [String: FileServer] = [:]
        var usual: FileServer?
        for (host, options) in Self.options(in: configuration) {
            guard let server = Self.server(options, host: host) else { continue }
            servers[host] = server
            if usual == nil { usual = server }
        }
        guard let usual else { return nil }
        self.servers = servers
        self.usual = usual
    }

    /// The hosts that have the module, in the order of the configuration.
    static func options(
        in configuration: Configuration
    ) -> [(host: String, options: ModuleOptions)] {
        configuration.hosts.compactMap { host in
            let options = configuration.host(host)?.modules["mod_http_fileserver"]
            return options.map { (host, $0) }
        }
    }

    /// A folder that is not there is left out, and logged: the others are served.
    private static func server(_ options: ModuleOptions, host: String) -> FileServer? {
        let folders = options[HTTPModules.docroot].filter { prefix, path in
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
        settings.indices = options[HTTPModules.directoryIndices]
        settings.contentTypes = ContentTypes(
            additions: options[HTTPModules.contentTypes],
            fallback: options[HTTPModules.defaultContentType])
        return try? FileServer(settings)
    }

    func handle(_ exchange: Exchange) throws {
        let server = exchange.host.flatMap { servers[$0] } ?? usual
        try server.handle(exchange)
    }
}
