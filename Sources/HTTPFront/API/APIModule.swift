import Logging
import Synchronization
import XMPPConfig
import XMPPCore
import XMPPEngine

/// The HTTP API as `request_handlers` mounts it.
package struct APIModule: WebModule {
    package let names = ["mod_http_api"]
    private static let log = Logger(label: "martlet.http.api")

    /// Kept when options change, so that what runs goes on to count.
    private let activity = APIActivity()

    /// The API of one server.
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
        [
            Self.defaultVersion, Self.bodyMax, Self.callsMax, Self.watchersMax,
            WebModuleOption.corsOrigins,
        ]
    }

    package func mount(at place: MountPlace) -> Mount? {
        let hosts = hosts(in: place.configuration)
        let options = hosts.first?.options ?? OptionValues()
        warn(of: place.server)
        place.server.accessEnded.detach("mod_http_api")
        place.server.accessEnded.attach("mod_http_api", .deliver) { [activity] account in
            activity.recheckStreams(of: account)
        }
        let handler = APIHandler(
            server: place.server, prefix: place.path,
            settings: APISettings(
                defaultVersion: options[Self.defaultVersion],
                bodyBytesMax: options[Self.bodyMax].bytes, callsMax: options[Self.callsMax],
                watchersMax: options[Self.watchersMax]), activity: activity)
        return place.mount(handler, for: hosts, cors: Self.cors, usual: .ownSite, isPaged: true)
    }

    /// Tokens come in a field that pages set themselves; cookies are none of this.
    private static let cors = CORSPolicy(
        origins: .any, methods: [.get, .post],
        requestFields: ["Authorization", "Content-Type", "Last-Event-ID"],
        exposedFields: ["Retry-After", "WWW-Authenticate"])

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

/// How much of the API is in use, over all places that it is mounted at.
final class APIActivity: Sendable {
    /// Commands that run.
    let calls = Atomic<Int>(0)
    /// Clients that watch events.
    let watchers = Atomic<Int>(0)
    /// How often accounts have lost their access.
    let endings = Atomic<Int>(0)
    private let streams = Mutex<[ObjectIdentifier: (account: BareJID, stream: EventStream)]>([:])

    /// Notes whose stream it is, as long as it lasts.
    func began(_ stream: EventStream, of account: BareJID?) {
        guard let account else { return }
        streams.withLock { $0[ObjectIdentifier(stream)] = (account, stream) }
    }

    func ended(_ stream: EventStream) {
        streams.withLock { $0[ObjectIdentifier(stream)] = nil }
    }

    /// Has the streams of an account end, unless they may go on.
    func recheckStreams(of account: BareJID) {
        endings.add(1, ordering: .relaxed)
        let streams = streams.withLock { $0.values.filter { $0.account == account } }
        for (_, stream) in streams { stream.recheck() }
    }
}
