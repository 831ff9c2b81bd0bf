extension ServerOption {
    static let webSockets: [any OptionDeclaration] = [
        webSocketPingInterval, webSocketTimeout, webSocketOrigin, webSocketSeeOtherURI,
    ]

    package static let webSocketPingInterval = Option<Duration>(
        "websocket_ping_interval", default: .seconds(60), in: .zero...(.seconds(86_400)),
        scope: .server,
        "Time between pings to a quiet WebSocket client; one that leaves two unanswered is taken to"
            + " be gone. 0 sends none.")

    package static let webSocketTimeout = Option<Duration>(
        "websocket_timeout", default: .seconds(300), in: .seconds(1)...(.seconds(86_400)),
        scope: .server,
        "Silence after which a WebSocket connection is closed.")

    package static let webSocketOrigin = Option<[String]>(
        "websocket_origin", default: [], as: .listOrSingle(of: origin), scope: .server,
        "Sites whose pages may connect by WebSocket, such as `https://chat.example.org`; any when"
            + " empty or `ignore`.")

    package static let webSocketSeeOtherURI = Option<String?>(
        "websocket_see_other_uri", default: nil, as: .optional(uri), scope: .server,
        "Where WebSocket clients are sent instead of being served, as before maintenance:"
            + " `wss://other.example.org/websocket`.")

    private static let origin = OptionType<String>.only("an origin (`https://chat.example.org`)") {
        $0 == "ignore" || $0 == "null" || $0.contains("://") && !$0.hasSuffix("/")
    }

    private static let uri = OptionType<String>.only("a URI (`wss://example.org/websocket`)") {
        text in
        ["wss://", "ws://", "https://", "http://"].contains { text.hasPrefix($0) }
    }
}
