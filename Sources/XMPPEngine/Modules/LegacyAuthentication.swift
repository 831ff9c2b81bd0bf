import XMPPCore

/// XEP-0078: Non-SASL Authentication.
///
/// Lets clients from before XMPP 1.0 log in: over TLS, unless the listener allows passwords in the
/// clear.
struct LegacyAuthentication: ServerModule {
    static let manifest = Manifest<LegacyAuthentication>(
        name: "mod_legacy_auth", "Lets clients without SASL log in.",
        implements: [.xep(78, version: "2.5", .partial)],
        features: [.legacyAuth],
        hooks: [ModuleHook { $1.hooks.legacyAuthentication.attach($2, .deliver, ()) }])

    init(_ context: ModuleContext) {}
}
