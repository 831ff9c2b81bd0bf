import XMPPConfig
import XMPPEngine

/// What this server is put together from.
enum ServerParts {
    static let schema = ConfigurationSchema(
        modules: Catalogue.modules.map { ConfigurationSchema.Module($0.name, options: $0.options) },
        requestHandlers: [],
        listenerModules: Set(listeners.keys))

    static let listeners: [String: any ListenerFactory] = [
        "ejabberd_c2s": C2SListenerFactory(),
        "ejabberd_service": ComponentListenerFactory(),
    ]
}
