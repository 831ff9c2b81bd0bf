import XMPPConfig
import XMPPEngine

/// Metrics for Prometheus as `request_handlers` mounts them.
///
/// Named as ejabberd's contributed module, so that a handler line carries over; Prosody's name for
/// the same is read, too.
package struct MetricsModule: WebModule {
    package let names = ["mod_prometheus", "mod_http_openmetrics"]

    package init() {}

    static let allowedNetworks = Option<[IPNetwork]>(
        "allow_ips", default: [IPNetwork("127.0.0.0/8"), IPNetwork("::1")].compactMap { $0 },
        as: .listOrSingle(of: .any), scope: .server,
        "Addresses and networks that may read the metrics; nobody else may without a token.")

    static let bearerToken = Option<String?>(
        "bearer_token", default: nil,
        as: .optional(.only("a token of 16 characters or more, without blanks", where: isToken)),
        scope: .server,
        "A token with which (`Authorization: Bearer …`) any address may read the metrics.")

    package var options: [any OptionDeclaration]? {
        [Self.allowedNetworks, Self.bearerToken, WebModuleOption.corsOrigins]
    }

    package func mount(at place: MountPlace) -> Mount? {
        let hosts = hosts(in: place.configuration)
        let options = hosts.first?.options
        let admission = MetricsAdmission(
            networks: options?[Self.allowedNetworks] ?? Self.allowedNetworks.default,
            token: options?[Self.bearerToken])
        return place.mount(
            MetricsHandler(place.server.environment, admission: admission), for: hosts,
            cors: CORSPolicy(
                origins: .any, methods: [.get, .head], requestFields: ["Authorization"]),
            usual: .ownSite, isPaged: true)
    }

    @Sendable private static func isToken(_ text: String) -> Bool {
        text.utf8.count >= 16 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
