import Logging
import XMPPConfig
import XMPPEngine

/// Uploads as `request_handlers` mounts them; the options are those of the engine's module.
package struct UploadModule: WebModule {
    package let names = ["mod_http_upload"]
    private static let log = Logger(label: "martlet.http.upload")

    package init() {}

    package var options: [any OptionDeclaration]? { nil }

    package func mount(at place: MountPlace) -> Mount? {
        let directory = place.server.environment.dataDirectory
        let all = place.configuration.hosts.compactMap {
            UploadSettings(host: $0, in: place.configuration, dataDirectory: directory)
        }
        guard let first = all.first else {
            Self.log.warning(
                "no host has mod_http_upload", metadata: ["at": "\(place.path)"])
            return nil
        }
        for folder in Set(all.map(\.folder)) { IncomingFile.removeLeftovers(in: folder) }
        let setsOrigin =
            place.setsOrigin
            || first.customHeaders.keys.contains {
                $0.lowercased() == "access-control-allow-origin"
            }
        return Mount(
            prefix: place.path,
            handler: UploadHandler(UploadBackend(place.server), disk: place.service.disk),
            fields: place.fields(first.customHeaders), cors: setsOrigin ? nil : Self.cors)
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
