import XMPPConfig
import XMPPEngine

/// HTTP polling as `request_handlers` mounts it: the `http_poll` of classic configurations.
package struct PollModule: WebModule {
    package let names = ["mod_http_poll", "ejabberd_http_poll"]
    private let service = PollService(PollSettings())

    package init() {}

    static let timeout = Option<Duration>(
        "http_poll_timeout", default: .seconds(300), in: .seconds(10)...(.seconds(86_400)),
        "How long a session lives without a request.")

    package var options: [any OptionDeclaration]? {
        [Self.timeout, WebModuleOption.corsOrigins]
    }

    package func sessions(over web: HTTPService) -> ChildSpec? {
        service.child(named: "http_poll")
    }

    package func mount(at place: MountPlace) -> Mount? {
        // Asked for each session, so that a reload counts from then on.
        service.settings = { [weak server = place.server] host in
            var settings = PollSettings()
            if let server, let options = options(of: host, in: server.configuration) {
                settings.timeout = Int(options[Self.timeout].components.seconds)
            }
            return settings
        }
        let cors = CORSPolicy(
            origins: .any, methods: [.post, .get], requestFields: ["Content-Type"])
        return place.mount(
            PollHandler(
                service: service, directory: place.server.hosts,
                options: C2SOptions(place.listener, on: place.server)),
            for: hosts(in: place.configuration), cors: cors, usual: .anySite)
    }
}
