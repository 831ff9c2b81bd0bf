import HTTPFront
import XMPPConfig
import XMPPEngine

/// What this server is put together from.
enum ServerParts {
    static let schema = ConfigurationSchema(
        modules: Catalogue.modules.map {
            ConfigurationSchema.Module($0.name, options: $0.options)
        } + webModules.flatMap(\.declarations),
        requestHandlers: Set(webModules.flatMap(\.names)),
        listenerModules: Set(listeners.keys))

    static let http = HTTPService()

    /// What `request_handlers` can mount.
    static let webModules: [any WebModule] = [
        BOSHModule(), PollModule(), FileServerModule(),
    ]

    static let listeners: [String: any ListenerFactory] = [
        "ejabberd_c2s": C2SListenerFactory(),
        "ejabberd_http": HTTPListenerFactory(http, modules: webModules),
        "ejabberd_service": ComponentListenerFactory(),
    ]
}
