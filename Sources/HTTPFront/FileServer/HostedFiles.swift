import Logging
import XMPPConfig
import XMPPEngine

/// The files of each host that has `mod_http_fileserver`; other hosts get those of the first.
struct HostedFiles: HTTPHandler {
    private let servers: [String: FileServer]
    private let usual: FileServer

    private static let log = Logger(label: "martlet.http.files")

    /// `nil` when no host has a folder to serve.
    init?(
        _ hosts: [(host: String, options: ModuleOptions)], at mount: String, on engine: Server
    ) {
        var servers: [String: FileServer] = [:]
        var usual: FileServer?
        for (host, options) in hosts {
            guard let server = Self.server(options, host: host, at: mount, on: engine) else {
                continue
            }
            servers[host] = server
            if usual == nil { usual = server }
        }
        guard let usual else { return nil }
        self.servers = servers
        self.usual = usual
    }

    /// A folder that is not there is left out, and logged: the others are served.
    private static func server(
        _ options: ModuleOptions, host: String, at mount: String, on engine: Server
    ) -> FileServer? {
        let folders = folders(of: options[FileServerModule.docroot], at: mount).filter {
            prefix, path in
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

    /// The folders of a `docroot` that are seen at a mount, by the path below it.
    ///
    /// A folder alone (key "") is at every mount. In a map, keys are paths from the top, as in
    /// ejabberd: below the mount, or above it, where the longest one leads to a folder inside.
    static func folders(of docroot: [String: String], at mount: String) -> [String: String] {
        let place = mount.split(separator: "/")
        var folders: [String: String] = [:]
        var nearest = -1
        for (key, folder) in docroot {
            let names = key.split(separator: "/")
            if key.isEmpty {
                folders[""] = folder
            } else if names.starts(with: place), names.count > place.count {
                folders["/" + names.dropFirst(place.count).joined(separator: "/")] = folder
            } else if place.starts(with: names), names.count > nearest {
                nearest = names.count
                let inside = place.dropFirst(names.count).map { "/" + $0 }.joined()
                folders[""] = folder + inside
            }
        }
        return folders
    }

    func handle(_ exchange: Exchange) throws {
        guard servers.count > 1 else { return try usual.handle(exchange) }
        let server = exchange.servedHost.flatMap { servers[$0] } ?? usual
        try server.handle(exchange)
    }
}
