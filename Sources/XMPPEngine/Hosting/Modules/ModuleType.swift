import XMPPConfig
import XMPPCore

/// A module without its type: what the catalogue lists and the hosts start.
package struct ModuleType: Sendable {
    package let name: String
    package let summary: String
    package let implements: [Specification]
    package let features: [Namespace]
    package let options: [any OptionDeclaration]
    package let pages: [ConsolePage]
    private let start: @Sendable (ModuleContext) -> Void

    package init<Module: ServerModule>(_ type: Module.Type) {
        let manifest = type.manifest
        name = manifest.name
        summary = manifest.summary
        implements = manifest.implements
        features = manifest.features
        options = manifest.options
        pages = manifest.pages
        start = { context in
            let module = Module(context)
            let host = context.host
            let name = manifest.name
            for hook in manifest.hooks { hook.attach(module, host, name) }
            host.discovery.attach(
                name, to: .host, features: manifest.features, identities: manifest.identities)
            host.discovery.attach(name, to: .account, features: manifest.accountFeatures)
        }
    }

    /// Makes the module for a host and attaches everything its manifest lists.
    package func attach(_ context: ModuleContext) { start(context) }

    /// Takes back everything the module attached to a host.
    package func detach(from host: VirtualHost) {
        host.hooks.detach(name)
        host.iqs.detach(name)
        host.discovery.detach(name)
        host.services.detach(name)
        host.jobs.detach(name)
    }
}
