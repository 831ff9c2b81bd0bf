/// A checked configuration: everything the server was told, typed and complete.
package struct Configuration: Sendable, Equatable {
    /// The files it was read from, the main one first.
    package let files: [String]
    /// The served domains, prepared, in file order; never empty.
    package let hosts: [String]
    package let listeners: [ListenerConfiguration]
    /// The server's options; read them with the members of `ServerOption`.
    package let options: OptionValues
    /// ACLs, access rules and shapers of the server and of each host.
    package let access: AccessControl
    private let hostConfigurations: [String: HostConfiguration]

    init(
        files: [String], listeners: [ListenerConfiguration], options: OptionValues,
        access: AccessControl, hosts: [HostConfiguration]
    ) {
        self.files = files
        self.hosts = hosts.map(\.host)
        self.listeners = listeners
        self.options = options
        self.access = access
        hostConfigurations = Dictionary(hosts.map { ($0.host, $0) }) { first, _ in first }
    }

    /// The options and modules of a served host; `nil` for any other.
    package func host(_ name: String) -> HostConfiguration? { hostConfigurations[name] }
}

/// What one virtual host was told, by itself or for all hosts.
package struct HostConfiguration: Sendable, Equatable {
    package let host: String
    /// The host's options; those not set for it are the server's.
    package let options: OptionValues
    /// The enabled modules by name.
    package let modules: [String: ModuleOptions]

    package init(host: String, options: OptionValues, modules: [String: ModuleOptions]) {
        self.host = host
        self.options = options
        self.modules = modules
    }
}
