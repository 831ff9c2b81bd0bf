/// Where a listener listens.
package enum ListenerAddress: Hashable, Sendable, CustomStringConvertible {
    case network(IPAddress, port: Int)
    /// The path of a unix socket; a relative one is below the data directory.
    case unix(path: String)

    package var description: String {
        switch self {
        case .network(let ip, let port): ip.isV6 ? "[\(ip)]:\(port)" : "\(ip):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// What makes a listener the same one after a reload.
package struct ListenerIdentity: Hashable, Sendable, CustomStringConvertible {
    package let address: ListenerAddress
    package let transport: ListenerTransport

    package var description: String {
        transport == .tcp ? "\(address)" : "\(address)/\(transport.rawValue)"
    }
}

/// One entry of `listen`.
package struct ListenerConfiguration: Sendable, Equatable {
    package let identity: ListenerIdentity
    /// What serves the connections, as `ejabberd_c2s` or `ejabberd_http`.
    package let module: String
    /// Whether the server has that module yet; if not, connections cannot be served.
    package let isServed: Bool
    /// The listener's options; read them with the members of `ListenerOption`.
    package let options: OptionValues
    /// Where it stands, for messages such as "the port is in use".
    package let position: SourcePosition

    package var address: ListenerAddress { identity.address }

    /// Two listeners are equal when they do the same, wherever they stand in the file.
    package static func == (left: ListenerConfiguration, right: ListenerConfiguration) -> Bool {
        left.identity == right.identity && left.module == right.module
            && left.isServed == right.isServed && left.options == right.options
    }
}
