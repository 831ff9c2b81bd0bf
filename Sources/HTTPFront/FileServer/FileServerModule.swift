import Logging
import Synchronization
import XMPPConfig
import XMPPEngine

/// The file server as `request_handlers` mounts it.
package struct FileServerModule: WebModule {
    package let names = ["mod_http_fileserver"]
    private static let log = Logger(label: "martlet.http.files")
    /// Where it was said that there are no files.
    private static let told = Mutex<Set<String>>([])

    package init() {}

    static let docroot = Option<[String: String]>(
        "docroot", default: [:], as: .folders,
        "The folder whose files are served, or folders by path from the top (`/lib: /srv/lib`).")

    static let directoryIndices = Option<[String]>(
        "directory_indices", default: ["index.html", "index.htm"],
        "Files that stand for their folder, the first found.")

    static let contentTypes = Option<[String: String]>(
        "content_types", default: [:],
        "Media types by file name extension (`.xyz` or `xyz`), in addition to the usual ones;"
            + " `undefined` removes one.")

    static let defaultContentType = Option<String>(
        "default_content_type", default: "application/octet-stream",
        "The media type of files without a known extension.")

    static let customHeaders = Option<[String: String]>(
        "custom_headers", default: [:], "Header fields added to every file.")

    static let accessLog = Option<String?>(
        "accesslog", default: nil,
        "A file that gets one line for each answer to a request for the host, in combined format.")

    static let mustAuthenticateWith = Option<[String]>(
        "must_authenticate_with", default: [],
        as: .list(
            of: .only("`NAME:PASSWORD`") { text in
                let colon = text.firstIndex(of: ":")
                return colon.map { $0 != text.startIndex } ?? false
            }),
        "Who may see the files, by basic authentication: a list of `NAME:PASSWORD`; everybody when"
            + " it is empty. Passwords need TLS to stay secret.")

    package var options: [any OptionDeclaration]? {
        [
            Self.docroot, Self.directoryIndices, Self.contentTypes, Self.defaultContentType,
            Self.customHeaders, Self.accessLog, Self.mustAuthenticateWith,
            WebModuleOption.corsOrigins,
        ]
    }

    package func accessLogs(in configuration: Configuration) -> [(host: String, path: String)] {
        hosts(in: configuration).compactMap { host, options in
            options[Self.accessLog].map { (host, $0) }
        }
    }

    package func mount(at place: MountPlace) -> Mount? {
        let hosts = hosts(in: place.configuration)
        guard let files = HostedFiles(hosts, at: place.path, on: place.server) else {
            // A listener that cannot open is set up again and again.
            if Self.told.withLock({ $0.insert(place.path).inserted }) {
                Self.log.warning("there are no files to serve", metadata: ["at": "\(place.path)"])
            }
            return nil
        }
        _ = Self.told.withLock { $0.remove(place.path) }
        return place.mount(
            files, for: hosts, cors: CORSPolicy(origins: .any, methods: [.get, .head]),
            usual: .listedSites, isPaged: true
        ) { _, options in options[Self.customHeaders] }
    }
}
