import ArgumentParser
import ControlProtocol
import Glibc
import HTTPFront
import Logging
import NIOCore
import NIOPosix
import XMPPConfig
import XMPPEngine

/// A server from its start to its end.
struct Running {
    private let path: String
    private let environment: ServerEnvironment
    private let server: Server
    private static let log = Logger(label: "martlet")

    init(
        path: String, dataDirectory: String, logs: LogRing, _ configuration: Configuration
    ) throws {
        self.path = path
        try DataDirectory.make(dataDirectory)
        environment = ServerEnvironment(
            dataDirectory: dataDirectory, version: Martlet.version,
            observatory: Observatory(logs: logs))
        server = Server(
            configuration: configuration, environment: environment, catalogue: Catalogue.modules,
            factories: ServerParts.listeners)
        server.applyServerOptions(configuration)
    }

    /// Serves until a signal or a command ends it; streams are closed and writes flushed then.
    func untilEnd(firstStart: FirstStart?) async throws {
        DescriptorLimit.raise()
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let notifier = ServiceNotifier()
        let signals = SignalWatcher.child("signals") { signal in
            switch signal {
            case .drain: end.yield()
            case .reload: Task { await reloadAndLog(notifier) }
            }
        }
        let root = server.makeTree(
            extra: [signals, ServerParts.http.loopParts],
            last: [ServerParts.http.sessionParts(of: ServerParts.webModules)],
            beforeListening: { [server] in try await firstStart?.finish(server) })
        server.registerCommands(
            reload: { try await reload() }, check: { try check() }, drain: { end.yield() })
        await root.start()
        await announce()
        notifier.notify(.ready)
        let cause = await root.untilEnded(orWanted: ends)
        Self.log.info("stopping")
        notifier.notify(.stopping)
        await root.stop()
        try? await environment.eventLoops.shutdownGracefully()
        if case .failed(let reason) = cause {
            Self.log.critical("the server gave up", metadata: ["error": "\(reason)"])
            throw ExitCode.failure
        }
        Self.log.info("stopped")
    }

    /// Says of each listener whether it listens.
    private func announce() async {
        let reports = await server.listenerReports()
        for report in reports {
            let trouble = report.trouble.map { ": \($0)" }
            Terminal.say(Self.line(for: report.listener, isOpen: trouble == nil) + (trouble ?? ""))
        }
        let closed = reports.count { $0.trouble != nil }
        Terminal.say(
            closed == 0
                ? "Martlet \(Martlet.version) is ready."
                : "Martlet \(Martlet.version) runs; \(closed) of \(reports.count) listeners do not"
                    + " listen.")
    }

    /// Where a listener is reached, as a link where one exists.
    private static func line(for listener: ListenerConfiguration, isOpen: Bool) -> String {
        guard isOpen, listener.module == "ejabberd_http",
            case .network(let ip, let port) = listener.address
        else { return "\(listener.module) at \(listener.address)" }
        let isAny = ip.description == "::" || ip.description == "0.0.0.0"
        let host = isAny ? "localhost" : ip.isV6 ? "[\(ip)]" : "\(ip)"
        let scheme = listener.options[ListenerOption.tls] ? "https" : "http"
        return "\(listener.module) at \(listener.address): \(scheme)://\(host):\(port)/"
    }

    private func reload() async throws -> String {
        try await server.reload { [path, environment] in
            let loaded = try ServerParts.load(
                path: path, dataDirectory: environment.dataDirectory)
            for warning in loaded.warnings { Self.log.warning("\(warning)") }
            return loaded.configuration
        }
    }

    private func check() throws -> String {
        let loaded = try ServerParts.load(path: path, dataDirectory: environment.dataDirectory)
        let lines =
            ["\(path): the configuration is good."] + loaded.warnings.map { "warning: \($0)" }
        return lines.joined(separator: "\n")
    }

    private func reloadAndLog(_ notifier: ServiceNotifier) async {
        notifier.notify(.reloading)
        defer { notifier.notify(.ready) }
        do {
            let changes = try await reload()
            Self.log.info("configuration applied", metadata: ["changes": "\(changes)"])
        } catch {
            Self.log.error("configuration not applied", metadata: ["errors": "\(error)"])
        }
    }
}

/// Every connection takes a descriptor: use as many as the system allows.
enum DescriptorLimit {
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
