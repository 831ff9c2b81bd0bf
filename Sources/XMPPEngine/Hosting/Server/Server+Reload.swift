import Logging
import XMPPConfig
import XMPPCore

/// Applies a changed configuration to a running server.
extension Server {
    /// Applies a configuration after all changes that were asked for earlier.
    ///
    /// - Returns: What was changed, for people to read.
    /// - Throws: `ConfigurationErrors` and `CertificateError` before anything is changed.
    package func apply(_ new: Configuration) async throws -> String {
        try await reload { new }
    }

    /// As `apply`, of what is read when the turn has come: the last change is of the last file.
    package func reload(
        _ read: @Sendable () throws -> Configuration
    ) async throws -> String {
        guard await reloads.take(.configuration) else {
            throw ListenerFailure("too many changes wait already")
        }
        defer { reloads.give(.configuration) }
        return try await applyNow(read())
    }

    /// Changes only what differs; listeners that stay the same keep their connections.
    ///
    /// - Returns: What was changed, for people to read.
    /// - Throws: `ConfigurationErrors` and `CertificateError` before anything is changed.
    private func applyNow(_ new: Configuration) async throws -> String {
        let old = configuration
        let difference = ConfigurationDifference(from: old, to: new)
        try certificates.load(new)
        checkCertificates()
        replaceConfiguration(new)
        applyServerOptions(new)
        liftBansUnlessWanted(by: new)
        for host in difference.hostsRemoved { stopHost(host) }
        // Among them those that an earlier attempt could not start.
        let unserved = new.hosts.filter { hosts[$0] == nil && !startHost($0, new) }
        for name in new.hosts where !difference.hostsAdded.contains(name) {
            update(name, difference, new)
        }
        reload(difference.listeners.unchanged)
        let waiting = try await update(difference.listeners)
        return
            ([Self.summary(of: difference)]
            + unserved.map { "Not served: \($0), whose domain a component or service has" }
            + waiting)
            .joined(separator: "\n")
    }

    /// Options that are read once at start.
    package func applyServerOptions(_ configuration: Configuration) {
        let pause = configuration.options[ServerOption.registrationTimeout]
        environment.registrations.setInterval(
            pause.bound.map { $0.wholeSeconds })
        environment.observatory.logs.level = Logger.Level(
            configuration.options[ServerOption.logLevel])
    }

    private func update(
        _ name: String, _ difference: ConfigurationDifference, _ new: Configuration
    ) {
        guard let host = hosts[name], let options = new.host(name) else { return }
        host.update(settings(of: options, in: new))
        let changes = difference.hosts[name]
        for module in (changes?.modulesRemoved ?? []) + (changes?.modulesChanged ?? []) {
            detach(module, from: host)
        }
        let rulesChanged =
            difference.aclsChanged || difference.accessRulesChanged || difference.shapersChanged
            || difference.shaperRulesChanged
        let fresh = Set((changes?.modulesAdded ?? []) + (changes?.modulesChanged ?? []))
        for (module, values) in options.modules.sorted(by: { $0.key < $1.key }) {
            if fresh.contains(module) {
                attach(module, values, to: host, new)
            } else if rulesChanged {
                // Modules keep the rules they were made with.
                detach(module, from: host)
                attach(module, values, to: host, new)
            }
        }
    }

    /// Options of modules that listeners serve count for listeners that stay, too.
    private func reload(_ listeners: [ListenerConfiguration]) {
        for listener in listeners {
            do {
                try running[listener]?.reload()
            } catch {
                Self.log.error(
                    "a listener goes on as it was",
                    metadata: ["listener": "\(listener.identity)", "error": "\(error)"])
            }
        }
    }

    /// - Returns: What keeps listeners from opening, a line for each.
    private func update(
        _ difference: ConfigurationDifference.Listeners
    ) async throws -> [String] {
        for listener in difference.removed + difference.changed {
            let id = listener.identity.description
            try? await listeners.remove(id)
            environment.observatory.alarms.clear(
                SupervisionAlarms.alarm(of: id, under: listeners.name))
        }
        var waiting: [String] = []
        for listener in difference.added + difference.changed {
            guard let child = child(for: listener) else { continue }
            if case .backingOff(let reason) = try await listeners.add(child) {
                waiting.append("Not open yet: \(child.id), \(reason)")
            }
        }
        return waiting
    }

    private static func summary(of difference: ConfigurationDifference) -> String {
        guard !difference.isEmpty else { return "Nothing has changed." }
        let listeners = difference.listeners
        var lines: [String] = []
        func list(_ what: String, _ names: [String]) {
            if !names.isEmpty { lines.append("\(what): \(names.joined(separator: ", "))") }
        }
        list("Hosts added", difference.hostsAdded)
        list("Hosts removed", difference.hostsRemoved)
        list("Listeners opened", listeners.added.map { "\($0.identity)" })
        list("Listeners closed", listeners.removed.map { "\($0.identity)" })
        list("Listeners restarted", listeners.changed.map { "\($0.identity)" })
        for (name, changes) in difference.hosts.sorted(by: { $0.key < $1.key }) {
            list("\(name): modules started", changes.modulesAdded)
            list("\(name): modules stopped", changes.modulesRemoved)
            list("\(name): modules changed", changes.modulesChanged)
            list("\(name): options changed", changes.optionsChanged)
        }
        list("Options changed", difference.optionsChanged)
        list("Only after a restart", difference.needsRestart)
        return lines.isEmpty ? "Applied." : lines.joined(separator: "\n")
    }
}
