import HTTPFront
import XMPPConfig
import XMPPEngine

/// What this server is put together from.
enum ServerParts {
    static let schema = ConfigurationSchema(
        modules: Catalogue.modules.map {
            ConfigurationSchema.Module($0.name, options: $0.options)
        } + HTTPModules.all,
        requestHandlers: HTTPModules.requestHandlers,
        listenerModules: Set(listeners.keys))

    static let http = HTTPService()

    static let listeners: [String: any ListenerFactory] = [
        "ejabberd_c2s": C2SListenerFactory(),
        "ejabberd_http": HTTPListenerFactory(http),
        "ejabberd_service": ComponentListenerFactory(),
    ]
}
