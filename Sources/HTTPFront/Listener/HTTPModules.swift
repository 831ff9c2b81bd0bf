import XMPPConfig

/// The modules that live in the web server, with their options.
///
/// They attach nothing to a host: `request_handlers` of a listener mount them.
package enum HTTPModules {
    /// What the configuration may name in `modules`.
    package static let all: [ConfigurationSchema.Module] = [
        .init("mod_bosh", options: bosh), .init("mod_http_bind", options: bosh),
        .init("mod_http_fileserver", options: files),
    ]

    /// What may stand in `request_handlers`; other names of ejabberd's warn.
    package static let requestHandlers: Set<String> = [
        "mod_bosh", "mod_http_bind", "mod_http_fileserver",
    ]

    // MARK: mod_bosh

    static let maxInactivity = Option<Duration>(
        "max_inactivity", default: .seconds(30), in: .seconds(1)...(.seconds(3600)),
        "How long a session lives without a request.")

    static let maxPause = Option<Duration>(
        "max_pause", default: .seconds(120), in: .seconds(0)...(.seconds(3600)),
        "The longest pause a client may ask for; 0 allows none.")

    static let maxWait = Option<Duration>(
        "max_wait", default: .seconds(60), in: .seconds(1)...(.seconds(300)),
        "The longest time a request is held; a client may ask for less.")

    static let maxConcat = Option<Limit<Int>>(
        "max_concat", default: .infinity, "The most stanzas in one answer.")

    private static let bosh: [any OptionDeclaration] = [
        maxInactivity, maxPause, maxWait, maxConcat,
    ]

    // MARK: mod_http_fileserver

    static let docroot = Option<[String: String]>(
        "docroot", default: [:], as: .folders,
        "The folder whose files are served, or folders by URL prefix.")

    static let directoryIndices = Option<[String]>(
        "directory_indices", default: ["index.html", "index.htm"],
        "Files that stand for their folder, the first found.")

    static let contentTypes = Option<[String: String]>(
        "content_types", default: [:],
        "Media types by file name extension, in addition to the usual ones.")

    static let defaultContentType = Option<String>(
        "default_content_type", default: "application/octet-stream",
        "The media type of files without a known extension.")

    static let customHeaders = Option<[String: String]>(
        "custom_headers", default: [:], "Header fields added to every file.")

    static let accessLog = Option<String?>(
        "accesslog", default: nil, "A file that gets one line for each answer, in combined format.")

    private static let files: [any OptionDeclaration] = [
        docroot, directoryIndices, contentTypes, defaultContentType, customHeaders, accessLog,
    ]
}

extension BOSHSettings {
    /// The options of `mod_bosh`.
    init(_ options: ModuleOptions) {
        self.init()
        inactivity = Int(options[HTTPModules.maxInactivity].components.seconds)
        pauseMax = Int(options[HTTPModules.maxPause].components.seconds)
        waitMax = Int(options[HTTPModules.maxWait].components.seconds)
        concatMax = max(1, options[HTTPModules.maxConcat].bound ?? .max)
    }
}
