import Logging
import Synchronization
import XMPPConfig
import XMPPCore
import XMPPStorage

/// A running server: its hosts, listeners and storage, grown from a configuration.
///
/// A `Mutex` guards the present configuration; the parts guard themselves.
package final class Server: Sendable {
    package let environment: ServerEnvironment
    package let router: Router
    /// The routes to the hosts.
    let localRoutes: LocalRoutes
    package let hosts = HostTable()
    /// The sessions of all hosts that have lost their connection.
    let heldSessions = HeldSessions()
    package let commands = CommandRegistry()
    package let certificates: CertificateKeeper
    let catalogue: [ModuleType]
    let database: SQLiteDatabase
    /// What the database says when its file proves lost or damaged.
    let databaseFailures: AsyncStream<StorageError>
    let stores: Stores
    /// What opens the HTTP API.
    package let tokens: AccessTokens
    /// Told of accounts whose former passwords and tokens count no more, of all hosts.
    package let accessEnded = HookPoint<@Sendable (BareJID) -> Void>()
    /// Slows down who guesses passwords over HTTP.
    package let logins = LoginThrottle()
    let listeners: Supervisor
    /// Those of `listeners` that accept.
    package let running = RunningListeners()
    let supervision: SupervisionAlarms
    private let factories: [String: any ListenerFactory]
    private let current: Mutex<Configuration>
    private let tree = Mutex<Supervisor?>(nil)
    /// Reloads come one after another.
    let reloads = Turns<Change>()

    enum Change: Hashable { case configuration }

    package static let log = Logger(label: "martlet.server")

    /// Prepares a server; nothing runs before `root` is started.
    ///
    /// - Parameters:
    ///   - configuration: Checked.
    ///   - environment: Loops, directories, version.
    ///   - catalogue: The modules that may be enabled.
    ///   - factories: What serves the listener modules, by name.
    package init(
        configuration: Configuration, environment: ServerEnvironment, catalogue: [ModuleType],
        factories: [String: any ListenerFactory]
    ) {
        self.environment = environment
        router = Router()
        localRoutes = LocalRoutes(router: router)
        self.catalogue = catalogue
        self.factories = factories
        current = Mutex(configuration)
        certificates = CertificateKeeper(environment: environment)
        let file = configuration.options[ServerOption.sqlDatabase] ?? "martlet.db"
        let (failures, failed) = AsyncStream.makeStream(
            of: StorageError.self, bufferingPolicy: .bufferingNewest(1))
        databaseFailures = failures
        database = SQLiteDatabase(
            SQLiteConfiguration(path: environment.path(file)),
            observer: StorageCounters(environment.observatory)
        ) { error in failed.yield(error) }
        stores = Stores(database: database)
        tokens = AccessTokens(store: stores.tokens)
        supervision = SupervisionAlarms(environment.observatory.alarms, log: Self.log)
        listeners = Supervisor("ejabberd_listener", report: supervision.report)
        observe()
    }

    package var configuration: Configuration { current.withLock { $0 } }

    func replaceConfiguration(_ configuration: Configuration) {
        current.withLock { $0 = configuration }
    }

    package func setRoot(_ root: Supervisor) { tree.withLock { $0 = root } }

    package var root: Supervisor? { tree.withLock { $0 } }

    // MARK: hosts

    func startHosts(_ configuration: Configuration) {
        for name in configuration.hosts { _ = startHost(name, configuration) }
    }

    /// - Returns: `false` when the domain has a route already; that is logged.
    func startHost(_ name: String, _ configuration: Configuration) -> Bool {
        guard let jid = BareJID(name), let options = configuration.host(name) else { return false }
        let host = VirtualHost(
            jid: jid, router: router, stores: stores,
            settings: settings(of: options, in: configuration),
            observatory: environment.observatory, heldSessions: heldSessions)
        guard localRoutes.add(host) else {
            Self.log.error("a host's domain is taken", metadata: ["host": "\(name)"])
            return false
        }
        hosts.add(host)
        host.hooks.accessEnded.attach("ejabberd_auth", .deliver) { [accessEnded] account in
            for hook in accessEnded.handlers { hook(account) }
        }
        for (module, values) in options.modules.sorted(by: { $0.key < $1.key }) {
            attach(module, values, to: host, configuration)
        }
        return true
    }

    func attach(
        _ module: String, _ options: ModuleOptions, to host: VirtualHost,
        _ configuration: Configuration
    ) {
        guard let type = catalogue.first(where: { $0.name == module }) else { return }
        type.attach(
            ModuleContext(
                host: host, options: options, access: configuration.access,
                server: environment.facts,
                configuration: { [weak self] in self?.configuration }))
    }

    func detach(_ module: String, from host: VirtualHost) {
        catalogue.first { $0.name == module }?.detach(from: host)
    }

    func stopHost(_ name: String) {
        guard let host = hosts[name] else { return }
        hosts.remove(name)
        localRoutes.remove(host)
        host.services.detachAll()
        host.jobs.detachAll()
        host.stop(StreamError(.hostGone))
    }

    func settings(
        of options: HostConfiguration, in configuration: Configuration
    ) -> HostSettings {
        var policy = SASLPolicy()
        let values = options.options
        policy.disabledMechanisms = Set(
            values[ServerOption.disableSASLMechanisms].compactMap { SASLMechanism(name: $0) })
        let methods = values[ServerOption.authMethod]
        policy.offersPasswords = methods.contains { $0.usesAccounts }
        if methods.contains(.anonymous) {
            let way = values[ServerOption.anonymousProtocol]
            policy.offersAnonymous = way != .login
            policy.admitsAnyName = way != .sasl
        }
        policy.passwords = PasswordPolicy(
            format: values[ServerOption.authPasswordFormat] == .plain ? .plain : .scram,
            hashes: values[ServerOption.authSCRAMHash].map { [HashFunction($0)] }
                ?? HashFunction.allCases)
        let login = LoginServices(
            policy: policy, decoys: environment.decoys, cache: environment.passwords,
            workers: environment.workers)
        let access = configuration.access
        let domain = options.host
        return HostSettings(
            login: login,
            refusal: { account, session in
                let subject = AccessSubject(account, ip: session.peer.knownAddress)
                let rule = session.options.access
                return access.decision(rule: rule, for: subject, host: domain)
                    ? nil : StanzaError(.notAllowed)
            },
            sessionsMax: { account in
                let limit = access.number(
                    shaperRule: "max_user_sessions", for: AccessSubject(account), host: domain)
                guard case .at(let number) = limit else { return .max }
                return max(1, number)
            },
            resourceConflict: .init(values[ServerOption.resourceConflict]),
            language: values[ServerOption.language])
    }

    // MARK: listeners

    /// The supervised child for a configured listener; `nil` when nothing serves its kind.
    func child(for listener: ListenerConfiguration) -> ChildSpec? {
        guard listener.isServed, let factory = factories[listener.module] else { return nil }
        let id = listener.identity.description
        return ChildSpec(id, grace: .seconds(10)) { [self] in
            let made = try await factory.start(listener, on: self)
            running.add(made, as: id)
            return RunningChild(
                run: made.run,
                stop: { [self] in
                    running.remove(id)
                    await made.stop()
                })
        }
    }
}

/// Serves one kind of listener: `ejabberd_c2s`, `ejabberd_http`.
package protocol ListenerFactory: Sendable {
    /// Binds and accepts.
    ///
    /// - Throws: A clear error when it cannot bind; it is tried again later.
    func start(_ listener: ListenerConfiguration, on server: Server) async throws -> RunningListener
}

/// A listener that accepts.
package struct RunningListener: Sendable {
    /// Returns when it ended by itself.
    package let run: @Sendable () async throws -> Void
    /// Stops accepting.
    package let stop: @Sendable () async -> Void
    /// Takes over what the server's new configuration says; connections stay as they are.
    ///
    /// Called when the listener's own options are the same; throws with nothing changed.
    package var reload: @Sendable () throws -> Void = {}
    /// How many connections it has; `nil` where that is not counted.
    package var connectionCount: (@Sendable () -> Int)?

    package init(
        run: @escaping @Sendable () async throws -> Void,
        stop: @escaping @Sendable () async -> Void
    ) {
        self.run = run
        self.stop = stop
    }

    /// A listener that does not end by itself once it is up.
    package init(stop: @escaping @Sendable () async -> Void) {
        self.init(
            run: {
                let never = OneShot<Never>()
                _ = await never.value()
            }, stop: stop)
    }
}

extension HashFunction {
    init(_ option: SCRAMHash) {
        switch option {
        case .sha: self = .sha1
        case .sha256: self = .sha256
        case .sha512: self = .sha512
        }
    }
}

extension HostSettings.ResourceConflict {
    init(_ option: ResourceConflict) {
        switch option {
        case .setResource: self = .setresource
        case .closeOld: self = .closeold
        case .closeNew: self = .closenew
        case .acceptNew: self = .acceptnew
        }
    }
}
