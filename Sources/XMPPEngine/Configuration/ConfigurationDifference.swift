/// What a reload changes: each part of the server finds its own share here.
package struct ConfigurationDifference: Sendable, Equatable {
    /// What happens to listeners; one is the same when address, port and transport are.
    package struct Listeners: Sendable, Equatable {
        package var added: [ListenerConfiguration] = []
        package var removed: [ListenerConfiguration] = []
        /// The new form of those whose module or options differ.
        package var changed: [ListenerConfiguration] = []
        /// Those that keep their socket and their connections.
        package var unchanged: [ListenerConfiguration] = []
    }

    /// What happens to one host that was there and stays.
    package struct Host: Sendable, Equatable {
        package var modulesAdded: [String] = []
        package var modulesRemoved: [String] = []
        package var modulesChanged: [String] = []
        /// Names of options with another value for this host.
        package var optionsChanged: [String] = []

        package var isEmpty: Bool { self == Host() }
    }

    package let listeners: Listeners
    package let hostsAdded: [String]
    package let hostsRemoved: [String]
    /// Hosts with changes, by name.
    package let hosts: [String: Host]
    /// Names of options of the server with another value.
    package let optionsChanged: [String]
    package let aclsChanged: Bool
    package let accessRulesChanged: Bool
    package let shapersChanged: Bool
    package let shaperRulesChanged: Bool
    /// Names of changed options that count only after a restart.
    package let needsRestart: [String]

    package var certificatesChanged: Bool {
        optionsChanged.contains(ServerOption.certificateFiles.name)
            || listeners.changed.contains { $0.options.isWritten(ListenerOption.certificateFile) }
    }

    package var logLevelChanged: Bool { optionsChanged.contains(ServerOption.logLevel.name) }

    /// Whether the two configurations say the same.
    package var isEmpty: Bool {
        listeners.added.isEmpty && listeners.removed.isEmpty && listeners.changed.isEmpty
            && hostsAdded.isEmpty && hostsRemoved.isEmpty && hosts.isEmpty
            && optionsChanged.isEmpty && !aclsChanged && !accessRulesChanged && !shapersChanged
            && !shaperRulesChanged
    }

    package init(from old: Configuration, to new: Configuration) {
        listeners = Self.listeners(from: old.listeners, to: new.listeners)
        hostsAdded = new.hosts.filter { !old.hosts.contains($0) }
        hostsRemoved = old.hosts.filter { !new.hosts.contains($0) }
        var hosts: [String: Host] = [:]
        for name in new.hosts {
            guard let before = old.host(name), let after = new.host(name) else { continue }
            let changes = Self.host(from: before, to: after)
            if !changes.isEmpty { hosts[name] = changes }
        }
        self.hosts = hosts
        optionsChanged = new.options.namesDiffering(from: old.options)
        aclsChanged =
            Self.rules(old, \.acls) != Self.rules(new, \.acls)
            || old.access.servedHosts != new.access.servedHosts
        accessRulesChanged = Self.rules(old, \.access) != Self.rules(new, \.access)
        shaperRulesChanged = Self.rules(old, \.shaperRules) != Self.rules(new, \.shaperRules)
        shapersChanged = old.access.shapers != new.access.shapers
        let changed = Set(hosts.values.flatMap(\.optionsChanged)).union(optionsChanged)
        needsRestart = ServerOption.all
            .filter { $0.takesEffect == .onRestart && changed.contains($0.name) }.map(\.name)
    }

    private static func listeners(
        from old: [ListenerConfiguration], to new: [ListenerConfiguration]
    ) -> Listeners {
        let before = Dictionary(old.map { ($0.identity, $0) }) { first, _ in first }
        let after = Set(new.map(\.identity))
        var changes = Listeners()
        for listener in new {
            switch before[listener.identity] {
            case nil: changes.added.append(listener)
            case listener: changes.unchanged.append(listener)
            case _?: changes.changed.append(listener)
            }
        }
        changes.removed = old.filter { !after.contains($0.identity) }
        return changes
    }

    private static func host(from old: HostConfiguration, to new: HostConfiguration) -> Host {
        var changes = Host()
        changes.modulesAdded = new.modules.keys.filter { old.modules[$0] == nil }.sorted()
        changes.modulesRemoved = old.modules.keys.filter { new.modules[$0] == nil }.sorted()
        changes.modulesChanged = new.modules.keys.filter { name in
            old.modules[name].map { $0 != new.modules[name] } ?? false
        }.sorted()
        changes.optionsChanged = new.options.namesDiffering(from: old.options)
        return changes
    }

    private static func rules<Value>(
        _ configuration: Configuration, _ part: KeyPath<AccessControl.Rules, [String: Value]>
    ) -> [String: [String: Value]] {
        var rules = configuration.access.perHost.mapValues { $0[keyPath: part] }
        rules[""] = configuration.access.server[keyPath: part]
        return rules
    }
}
