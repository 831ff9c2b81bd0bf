import XMPPConfig
import XMPPCore
import XMPPStorage

/// XEP-0030: Service Discovery.
struct Disco: ServerModule {
    static let name = Option<String>(
        "name", default: "Martlet", "What the server calls itself in service discovery.")
    static let extraItems = Option<[String]>(
        "extra_domains", default: [], "Domains to list as services of this host.")

    static let manifest = Manifest<Disco>(
        name: "mod_disco", "Says what the host and its accounts can do.",
        implements: [.xep(30, version: "2.5rc3", .complete)],
        features: [.discoInfo, .discoItems], accountFeatures: [.discoInfo, .discoItems],
        options: [name, extraItems],
        hooks: [
            .iq(.discoInfo, to: [.host], run: hostInfo),
            .iq(.discoItems, to: [.host], run: hostItems),
            .iq(.discoInfo, to: [.account], later: accountInfo),
            .iq(.discoItems, to: [.account], later: accountItems),
        ])

    private let host: VirtualHost
    private let name: String
    private let extraItems: [String]

    init(_ context: ModuleContext) {
        host = context.host
        name = context.options[Self.name]
        extraItems = context.options[Self.extraItems]
    }

    private func hostInfo(_ request: IQ) throws(StanzaError) -> IQReply {
        try check(request)
        let identity = Discovery.Identity(category: "server", type: "im", name: name)
        return info(
            [identity] + host.discovery.identities(of: .host), host.discovery.features(of: .host))
    }

    private func hostItems(_ request: IQ) throws(StanzaError) -> IQReply {
        try check(request)
        let suffix = "." + host.domain
        let components = host.router.domains.filter { domain in
            domain.hasSuffix(suffix) && host.router.route(to: domain) is ComponentRoute
        }
        let named = Dictionary(
            host.services.all.map { ($0.jid.domainpart, $0.description.identity.name) }
        ) { first, _ in first }
        let items = Set(components + extraItems + named.keys).sorted().map { domain in
            Element(
                "item", .discoItems, attributes: [("jid", domain), ("name", named[domain] ?? nil)])
        }
        return .result([Element("query", .discoItems, children: items)])
    }

    private func accountInfo(_ request: IQ) async throws(StanzaError) -> IQReply {
        try await checkAccount(request)
        let identity = Discovery.Identity(category: "account", type: "registered")
        return info(
            [identity] + host.discovery.identities(of: .account),
            host.discovery.features(of: .account))
    }

    /// RFC 6121 §8.5 and XEP-0030 §8: only who may see presence learns of resources.
    private func accountItems(_ request: IQ) async throws(StanzaError) -> IQReply {
        try await checkAccount(request)
        let items = host.sessions.available(request.to.bare).map { resource in
            Element("item", .discoItems, attributes: [("jid", resource.jid.description)])
        }
        return .result([Element("query", .discoItems, children: items)])
    }

    private func check(_ request: IQ) throws(StanzaError) {
        guard !request.isSet else { throw .notAllowed }
        guard request.request.name == "query" else { throw .badRequest }
        guard request.request["node"] == nil else { throw .itemNotFound }
    }

    private func checkAccount(_ request: IQ) async throws(StanzaError) {
        try check(request)
        if request.isOwn { return }
        let item = try? await host.stores.rosters.item(request.from.bare, of: request.to.bare)
        guard let item, item.subscription == .from || item.subscription == .both
        else { throw .serviceUnavailable }
    }

    private func info(
        _ identities: [Discovery.Identity], _ features: [Namespace]
    ) -> IQReply {
        var children = identities.map { identity in
            Element(
                "identity", .discoInfo,
                attributes: [
                    ("category", identity.category), ("type", identity.type),
                    ("name", identity.name),
                ])
        }
        children += features.map { feature in
            Element("feature", .discoInfo, attributes: [("var", feature.name)])
        }
        return .result([Element("query", .discoInfo, children: children)])
    }
}
