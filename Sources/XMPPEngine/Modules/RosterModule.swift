import XMPPConfig
import XMPPCore

/// RFC 6121 §2: rosters.
struct RosterModule: ServerModule {
    static let versioning = Option<Bool>(
        "versioning", default: true, "Whether clients get only what has changed in their roster.")
    static let itemsMax = Option(
        "max_items", default: 5000, in: 1...1_000_000, "Contacts that one account may have.")

    static let manifest = Manifest<RosterModule>(
        name: "mod_roster", "Keeps contact lists and who sees whose presence.",
        implements: [.rfc(6121, .complete), .xep(237, version: "1.3", .complete)],
        features: [.roster], accountFeatures: [.roster],
        options: [versioning, itemsMax],
        hooks: [ModuleHook { module, host, owner in module.attach(to: host, owner: owner) }])

    private let options: ModuleOptions

    init(_ context: ModuleContext) { options = context.options }

    private func attach(to host: VirtualHost, owner: String) {
        RosterService.attach(
            to: host, owner: owner, versioning: options[Self.versioning],
            itemsMax: options[Self.itemsMax])
    }
}
