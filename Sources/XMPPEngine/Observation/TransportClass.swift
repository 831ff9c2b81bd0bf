import XMPPCore

/// How a peer's stream reaches the server, as statistics tell transports apart.
package enum TransportClass: UInt8, Sendable, CaseIterable {
    case tcp, tls, bosh, webSocket, polling, component, server

    /// The name in metrics, events and lists.
    package var name: String {
        switch self {
        case .tcp: "tcp"
        case .tls: "tls"
        case .bosh: "bosh"
        case .webSocket: "websocket"
        case .polling: "http_poll"
        case .component: "component"
        case .server: "s2s"
        }
    }
}

/// How many sessions one host has over one transport.
package struct SessionCount: Hashable, Sendable {
    package let host: String
    package let transport: TransportClass
    package let count: Int

    /// One count; hosts and transports without sessions may be left out.
    package init(host: String, transport: TransportClass, count: Int) {
        self.host = host
        self.transport = transport
        self.count = count
    }
}
