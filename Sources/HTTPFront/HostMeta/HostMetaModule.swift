import XMPPConfig
import XMPPEngine

/// XEP-0156: the other ways to connect, at `/.well-known/host-meta` and `host-meta.json`.
package struct HostMetaModule: WebModule {
    package let names = ["mod_host_meta"]

    package init() {}

    static let boshServiceURL = Option<ServiceAddress>(
        "bosh_service_url", default: .automatic,
        "Where BOSH is: `auto` for what the listeners say, `undefined` for nowhere, or an address"
            + " such as `https://@HOST@/bosh`.")

    static let webSocketURL = Option<ServiceAddress>(
        "websocket_url", default: .automatic,
        "Where WebSocket is: `auto` for what the listeners say, `undefined` for nowhere, or an"
            + " address such as `wss://@HOST@/ws`.")

    package var options: [any OptionDeclaration]? { [Self.boshServiceURL, Self.webSocketURL] }

    package func mount(at place: MountPlace) -> Mount? {
        // Pages of every site may read it, and nothing else is allowed by this (XEP-0156 §3).
        let fields = place.fields(["Access-Control-Allow-Origin": "*"])
        return Mount(
            prefix: place.path,
            handler: HostMetaHandler(
                listener: place.listener, module: self,
                configuration: { [weak server = place.server] in server?.configuration }),
            fields: fields)
    }
}

/// What an option says of where a service is.
enum ServiceAddress: Sendable, Equatable {
    /// As the listeners say.
    case automatic
    case nowhere
    case address(String)
}

extension ServiceAddress: OptionValue {
    static var typeName: String { "`auto`, `undefined`, or an address" }

    static func read(_ node: ConfigurationNode, with reader: OptionReader) -> ServiceAddress? {
        switch node.text {
        case "auto": return .automatic
        case "undefined": return .nowhere
        case let text?:
            let schemes = ["https://", "http://", "wss://", "ws://"]
            let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 }
            if isPlain, schemes.contains(where: { text.hasPrefix($0) && text != $0 }) {
                return .address(text)
            }
            fallthrough
        case nil:
            reader.fail(node, expected: typeName)
            return nil
        }
    }

    var configurationText: String {
        switch self {
        case .automatic: "auto"
        case .nowhere: "undefined"
        case .address(let text): text
        }
    }

    func expandingHost(_ host: String) -> ServiceAddress {
        guard case .address(let text) = self else { return self }
        return .address(text.expandingHost(host))
    }
}
