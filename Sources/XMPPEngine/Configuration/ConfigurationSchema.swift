/// What the server consists of, as far as a configuration can name it.
///
/// Filled by whoever knows the modules and the request handlers.
package struct ConfigurationSchema: Sendable {
    /// A module and the options it declares.
    package struct Module: Sendable {
        /// The name in `modules`, as ejabberd has it: `mod_roster`.
        package let name: String
        package let options: [any OptionDeclaration]
        /// What does not fit together in the options of the module and of its host.
        package let warning: Warning

        package typealias Warning =
            @Sendable (_ module: ModuleOptions, _ host: OptionValues) -> String?

        package init(
            _ name: String, options: [any OptionDeclaration] = [],
            warning: @escaping Warning = { _, _ in nil }
        ) {
            self.name = name
            self.options = options
            self.warning = warning
        }
    }

    package let modules: [String: Module]
    /// Names that may stand in `request_handlers`.
    package let requestHandlers: Set<String>
    /// Names of listener modules that are served; others of `ListenerModule.all` warn.
    package let listenerModules: Set<String>
    /// What permissions may name; `nil` lets them name anything.
    package let commands: CommandNames?
    /// Who knows what TLS options are good for; `nil` takes them as they are.
    package let tls: TLSJudge?

    package init(
        modules: [Module], requestHandlers: Set<String> = [],
        listenerModules: Set<String> = [
            "ejabberd_c2s", "ejabberd_http", "ejabberd_s2s_in", "ejabberd_service",
        ], commands: CommandNames? = nil, tls: TLSJudge? = nil
    ) {
        self.commands = commands
        self.tls = tls
        self.modules = Dictionary(modules.map { ($0.name, $0) }) { first, _ in first }
        self.requestHandlers = requestHandlers
        self.listenerModules = listenerModules
    }
}
