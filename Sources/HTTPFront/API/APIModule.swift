import Logging
import XMPPConfig
import XMPPEngine

/// The HTTP API as `request_handlers` mounts it.
package struct APIModule: WebModule {
    package let names = ["mod_http_api"]
    private static let log = Logger(label: "martlet.http.api")

    package init() {}

    static let defaultVersion = Option<Int?>(
        "default_version", default: nil, as: .optional(.inside(0...1000)),
        "The version of commands whose address names none; the newest when left out.")

    static let bodyMax = Option<ByteCount>(
        "max_body_size", default: ByteCount(262_144), in: ByteCount(1024)...ByteCount(16_777_216),
        "The longest request.")

    static let callsMax = Option<Int>(
        "max_calls", default: 64, in: 1...10_000,
        "The most commands that run at one time; one more is answered with 503.")

    static let watchersMax = Option<Int>(
        "max_event_streams", default: 100, in: 0...256,
        "The most clients that watch events at one time.")

    package var options: [any OptionDeclaration]? {
        [Self.defaultVersion, Self.bodyMax, Self.callsMax, Self.watchersMax]
    }

    package func mount(at place: MountPlace) -> Mount? {
        let options = hosts(in: place.configuration).first?.options ?? OptionValues()
        warn(of: place.server)
        return Mount(
            prefix: place.path,
            handler: APIHandler(
                server: place.server, prefix: place.path,
                settings: APISettings(
                    defaultVersion: options[Self.defaultVersion],
                    bodyBytesMax: options[Self.bodyMax].bytes, callsMax: options[Self.callsMax],
                    watchersMax: options[Self.watchersMax])),
            fields: place.fields())
    }

    /// Names the commands that permissions mention and the server does not have.
    private func warn(of server: Server) {
        let permissions = server.configuration.options[ServerOption.apiPermissions]
        let known = Set(server.commands.all.flatMap { [$0.name] + $0.aliases })
        guard !known.isEmpty else { return }
        for rule in permissions.rules {
            let unknown = rule.what.commandNames.filter { !known.contains($0) && $0 != "events" }
            guard !unknown.isEmpty else { continue }
            Self.log.warning(
                "a permission names commands that do not exist",
                metadata: ["permission": "\(rule.name)", "commands": "\(unknown)"])
        }
    }
}

/// What the HTTP API allows.
struct APISettings: Sendable {
    var defaultVersion: Int?
    var bodyBytesMax = 262_144
    var callsMax = 64
    var watchersMax = 100
    /// How long a command may run before its caller is told to wait no longer.
    var commandTime = Duration.seconds(120)
}
