import Logging
import XMPPConfig
import XMPPEngine

/// Uploads as `request_handlers` mounts them; the options are those of the engine's module.
package struct UploadModule: WebModule {
    package let names = ["mod_http_upload"]
    private static let log = Logger(label: "martlet.http.upload")

    /// Kept when options change.
    private let desk = UploadDesk()

    package init() {}

    package var options: [any OptionDeclaration]? { nil }

    package func mount(at place: MountPlace) -> Mount? {
        let directory = place.server.environment.dataDirectory
        let all = place.configuration.hosts.compactMap {
            UploadSettings(host: $0, in: place.configuration, dataDirectory: directory)
        }
        guard !all.isEmpty else {
            Self.log.warning(
                "no host has mod_http_upload", metadata: ["at": "\(place.path)"])
            return nil
        }
        desk.open(Set(all.map(\.folder)))
        let handler = UploadHandler(
            UploadBackend(place.server), disk: place.service.disk, claims: desk.claims,
            shelf: desk.shelf)
        return place.mount(
            handler, for: hosts(in: place.configuration), cors: Self.cors, usual: .anySite
        ) { host, _ in all.first { $0.host == host }?.customHeaders ?? [:] }
    }

    /// Files are public to who knows their address, so pages of any site may ask for them.
    static let cors = CORSPolicy(
        origins: .any, methods: [.get, .head, .put, .options],
        requestFields: [
            "Authorization", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Match",
            "If-Range", "Range",
        ],
        exposedFields: [
            "Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "ETag",
        ])
}
