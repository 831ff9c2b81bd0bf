import XMPPConfig
import XMPPCore

/// A feature of the server: its manifest says all that others must know of it.
package protocol ServerModule: Sendable {
    static var manifest: Manifest<Self> { get }

    /// Makes the module for one host; called when the host starts or its configuration changes.
    init(_ context: ModuleContext)
}

/// What a module is given to work with.
package struct ModuleContext: Sendable {
    package let host: VirtualHost
    package let options: ModuleOptions
    /// ACLs and rules, as configured at the moment.
    package let access: AccessControl
    package let server: ServerFacts
    /// The whole configuration as it is at the moment; `nil` once the server is gone.
    package let configuration: @Sendable () -> Configuration?

    package init(
        host: VirtualHost, options: ModuleOptions, access: AccessControl, server: ServerFacts,
        configuration: @escaping @Sendable () -> Configuration? = { nil }
    ) {
        self.host = host
        self.options = options
        self.access = access
        self.server = server
        self.configuration = configuration
    }
}

/// What is true of the whole server.
package struct ServerFacts: Sendable {
    package let version: String
    /// Monotonic start time, for uptimes.
    package let startedAt: ContinuousClock.Instant
    package let registrations: RegistrationThrottle
    package let bans: AddressBans
    /// Where relative paths begin.
    package let dataDirectory: String

    package init(
        version: String, startedAt: ContinuousClock.Instant, registrations: RegistrationThrottle,
        bans: AddressBans = AddressBans(), dataDirectory: String
    ) {
        self.bans = bans
        self.version = version
        self.dataDirectory = dataDirectory
        self.startedAt = startedAt
        self.registrations = registrations
    }
}

/// A specification that a module implements, for `docs/xeps.md`.
package struct Specification: Sendable, Hashable {
    package enum Extent: String, Sendable { case complete, partial }

    /// As in `XEP-0199` or `RFC 6121`.
    package let name: String
    package let version: String
    package let extent: Extent

    package static func xep(_ number: Int, version: String, _ extent: Extent) -> Specification {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return Specification(name: "XEP-\(padded)", version: version, extent: extent)
    }

    package static func rfc(_ number: Int, _ extent: Extent) -> Specification {
        Specification(name: "RFC \(number)", version: "", extent: extent)
    }
}

/// All that others must know of a module, in one place.
package struct Manifest<Module: ServerModule>: Sendable {
    /// The name in `modules`, as ejabberd has it: `mod_ping`.
    let name: String
    let summary: String
    let implements: [Specification]
    /// Features of the host in service discovery.
    let features: [Namespace]
    /// Features of the host's accounts.
    let accountFeatures: [Namespace]
    let identities: [Discovery.Identity]
    let options: [any OptionDeclaration]
    let hooks: [ModuleHook<Module>]
    /// Pages of the console, there while a host has the module.
    let pages: [ConsolePage]

    package init(
        name: String, _ summary: String, implements: [Specification] = [],
        features: [Namespace] = [], accountFeatures: [Namespace] = [],
        identities: [Discovery.Identity] = [], options: [any OptionDeclaration] = [],
        hooks: [ModuleHook<Module>] = [], pages: [ConsolePage] = []
    ) {
        self.name = name
        self.summary = summary
        self.implements = implements
        self.features = features
        self.accountFeatures = accountFeatures
        self.identities = identities
        self.options = options
        self.hooks = hooks
        self.pages = pages
    }
}

/// One thing that a module wants to be called for.
package struct ModuleHook<Module: ServerModule>: Sendable {
    let attach: @Sendable (Module, VirtualHost, _ owner: String) -> Void

    package init(
        _ attach: @escaping @Sendable (Module, VirtualHost, _ owner: String) -> Void
    ) {
        self.attach = attach
    }

    /// An IQ namespace that the module answers at once.
    package static func iq(
        _ namespace: Namespace, to targets: [IQTarget],
        run: @escaping @Sendable (Module) -> @Sendable (IQ) throws(StanzaError) -> IQReply
    ) -> ModuleHook {
        ModuleHook { module, host, owner in
            for target in targets {
                host.iqs.attach(owner, namespace, to: target, .now(run(module)))
            }
        }
    }

    /// An IQ namespace whose answers need time; the sender's later stanzas wait.
    package static func iq(
        _ namespace: Namespace, to targets: [IQTarget],
        later run:
            @escaping @Sendable (Module) -> @Sendable (IQ) async throws(StanzaError) -> IQReply
    ) -> ModuleHook {
        ModuleHook { module, host, owner in
            for target in targets {
                host.iqs.attach(owner, namespace, to: target, .later(run(module)))
            }
        }
    }

    /// A message that no session took.
    package static func messageUndelivered(
        run: @escaping @Sendable (Module) -> @Sendable (Stanza, BareJID) async -> OfflineOutcome
    ) -> ModuleHook {
        ModuleHook { $1.hooks.undelivered.attach($2, .archive, run($0)) }
    }

    /// A session that became available with a priority of 0 or more.
    package static func becameAvailable(
        run: @escaping @Sendable (Module) -> @Sendable (ClientResource) async -> Void
    ) -> ModuleHook {
        ModuleHook { $1.hooks.becameAvailable.attach($2, .deliver, run($0)) }
    }

    package static func sessionBound(
        run: @escaping @Sendable (Module) -> @Sendable (ClientResource) -> Void
    ) -> ModuleHook {
        ModuleHook { $1.hooks.sessionBound.attach($2, .deliver, run($0)) }
    }

    /// Another stream has taken a session over.
    package static func sessionResumed(
        run: @escaping @Sendable (Module) -> @Sendable (ClientResource) -> Void
    ) -> ModuleHook {
        ModuleHook { $1.hooks.sessionResumed.attach($2, .deliver, run($0)) }
    }

    package static func sessionEnded(
        run: @escaping @Sendable (Module) -> @Sendable (ClientResource) -> Void
    ) -> ModuleHook {
        ModuleHook { $1.hooks.sessionEnded.attach($2, .deliver, run($0)) }
    }

    package static func streamFeatures(
        run: @escaping @Sendable (Module) -> @Sendable (Bool, C2SSession) -> [Element]
    ) -> ModuleHook {
        ModuleHook { $1.hooks.streamFeatures.attach($2, .deliver, run($0)) }
    }
}
