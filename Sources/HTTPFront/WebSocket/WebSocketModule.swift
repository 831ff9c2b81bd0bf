import XMPPConfig
import XMPPEngine

/// XMPP over WebSocket as `request_handlers` mounts it (RFC 7395).
package struct WebSocketModule: WebModule {
    package let names = ["ejabberd_http_ws"]
    /// Its options are the server's own.
    package let options: [any OptionDeclaration]? = nil
    private let service = WebSocketService()

    package init() {}

    package func sessions(over web: HTTPService) -> ChildSpec? {
        ChildSpec("ejabberd_http_ws", grace: .seconds(5)) { [service] in
            service.start()
            return RunningChild(stop: { await service.stop(web.loops) })
        }
    }

    package func mount(at place: MountPlace) -> Mount? {
        Mount(
            prefix: place.path,
            handler: WebSocketHandler(
                service: service,
                settings: WebSocketSettings(place.configuration.options),
                directory: place.server.hosts,
                options: C2SOptions(place.listener, on: place.server),
                output: OutputLimits(place.listener.options)),
            fields: place.fields())
    }
}

extension WebSocketSettings {
    /// The server options that begin with `websocket_`.
    init(_ options: OptionValues) {
        self.init()
        pingInterval = Self.milliseconds(options[ServerOption.webSocketPingInterval])
        timeout = Self.milliseconds(options[ServerOption.webSocketTimeout])
        origins = Set(options[ServerOption.webSocketOrigin].map { $0.lowercased() })
        origins.remove("ignore")
        seeOtherURI = options[ServerOption.webSocketSeeOtherURI]
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        Int(clamping: duration.inMilliseconds)
    }
}
