import XMPPConfig
import XMPPEngine

/// BOSH as `request_handlers` mounts it.
package struct BOSHModule: WebModule {
    package let names = ["mod_bosh", "mod_http_bind"]
    private let service = BOSHService(BOSHSettings())

    package init() {}

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

    static let compressFrom = Option<Limit<Int>>(
        "compress_from", default: .at(4096),
        "Bytes from which an answer is compressed with gzip for a client that accepts it; infinity"
            + " never.")

    static let secureURI = Option<String?>(
        "secure_uri", default: nil,
        "The https address of this service: a client that asks for a session without TLS is sent"
            + " there.")

    static let prebind = Option<Bool>(
        "prebind", default: false,
        "Whether a new session is a guest's at once, without a login, unless its client says in"
            + " `from` who it is; needs `auth_method: anonymous`.")

    package var options: [any OptionDeclaration]? {
        [
            Self.maxInactivity, Self.maxPause, Self.maxWait, Self.maxConcat, Self.compressFrom,
            Self.secureURI, Self.prebind, WebModuleOption.corsOrigins,
        ]
    }

    package func warning(_ options: ModuleOptions, on host: OptionValues) -> String? {
        guard options[Self.prebind], !host[ServerOption.authMethod].contains(.anonymous) else {
            return nil
        }
        return "prebind needs `auth_method: anonymous`, which `\(options.host ?? "")` does not"
            + " have: new sessions end with not-authorized"
    }

    package func sessions(over web: HTTPService) -> ChildSpec? {
        service.child(named: "mod_http_bind")
    }

    package func mount(at place: MountPlace) -> Mount? {
        // Asked for each session, so that a reload counts from then on.
        service.settings = { [weak server = place.server] host in
            guard let server, let options = options(of: host, in: server.configuration) else {
                return BOSHSettings()
            }
            return BOSHSettings(options)
        }
        let cors = CORSPolicy(
            origins: .any, methods: [.post, .get], requestFields: ["Content-Type"])
        return place.mount(
            BOSHHandler(
                service: service, directory: place.server.hosts,
                options: C2SOptions(place.listener, on: place.server)),
            for: hosts(in: place.configuration), cors: cors, usual: .anySite)
    }
}

extension BOSHSettings {
    /// The options of `mod_bosh`.
    init(_ options: ModuleOptions) {
        self.init()
        inactivity = Int(options[BOSHModule.maxInactivity].components.seconds)
        pauseMax = Int(options[BOSHModule.maxPause].components.seconds)
        waitMax = Int(options[BOSHModule.maxWait].components.seconds)
        compressionBytesMin = max(256, options[BOSHModule.compressFrom].bound ?? .max)
        secureURI = options[BOSHModule.secureURI]
        isPrebound = options[BOSHModule.prebind]
        concatMax = max(1, options[BOSHModule.maxConcat].bound ?? .max)
    }
}
