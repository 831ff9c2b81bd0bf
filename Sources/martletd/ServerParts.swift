import AdminUI
import ControlProtocol
import Glibc
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
        listenerModules: Set(listeners.keys), commands: .served, tls: .openSSL)

    /// As `schema`, for a configuration whose files are not there before the first start.
    private static let plannedSchema = ConfigurationSchema(
        modules: Array(schema.modules.values), requestHandlers: schema.requestHandlers,
        listenerModules: schema.listenerModules, commands: schema.commands)

    /// Reads a configuration; `@DATABASE_PATH@` and the like stand for what is passed.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - text: What stands in a file that is not there yet; `nil` reads it.
    ///   - dataDirectory: What `@DATABASE_PATH@` stands for.
    /// - Returns: The configuration and its warnings.
    /// - Throws: Every problem at once.
    static func load(
        path: String, text: String? = nil, dataDirectory: String
    ) throws(ConfigurationErrors) -> ConfigurationLoader.Loaded {
        let home = getenv("HOME").map { String(cString: $0) } ?? "/"
        let environment = ConfigurationEnvironment(keywords: [
            "VERSION": Martlet.version, "HOME": home, "CONFIG_PATH": path,
            "DATABASE_PATH": dataDirectory,
        ])
        guard let text else {
            return try ConfigurationLoader.load(
                path: path, schema: schema, environment: environment)
        }
        return try ConfigurationLoader.load(
            text: text, named: path, schema: plannedSchema, environment: environment)
    }

    static let http = HTTPService()

    /// What `request_handlers` can mount.
    static let webModules: [any WebModule] = [
        BOSHModule(), PollModule(), WebSocketModule(), FileServerModule(), APIModule(),
        ConsoleModule(), HostMetaModule(), UploadModule(), MetricsModule(),
    ]

    static let listeners: [String: any ListenerFactory] = [
        "ejabberd_c2s": C2SListenerFactory(),
        "ejabberd_http": HTTPListenerFactory(http, modules: webModules),
        "ejabberd_s2s_in": S2SListenerFactory(), "ejabberd_service": ComponentListenerFactory(),
    ]
}
