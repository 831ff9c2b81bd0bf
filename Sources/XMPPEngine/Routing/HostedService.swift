import Synchronization
import XMPPCore

/// A service of a host with a domain of its own, such as uploads or rooms.
///
/// Its requests are answered by what its module attached to `iqs`; everything else is refused.
/// Called from every loop; its parts guard themselves.
package final class HostedService: DomainRoute {
    /// What it says of itself in service discovery.
    package struct Description: Sendable {
        package var identity: Discovery.Identity
        package var features: [Namespace]
        /// Extended information (XEP-0128).
        package var forms: [Element]

        package init(
            identity: Discovery.Identity, features: [Namespace], forms: [Element] = []
        ) {
            self.identity = identity
            self.features = features
            self.forms = forms
        }
    }

    package let jid: BareJID
    package let description: Description
    package let iqs = IQDispatcher()
    private let router: Router

    package init(_ jid: BareJID, _ description: Description, router: Router) {
        self.jid = jid
        self.description = description
        self.router = router
        iqs.attach("disco", .discoInfo, to: .host, .now(info))
        iqs.attach("disco", .discoItems, to: .host, .now(Self.items))
    }

    package func route(_ stanza: Stanza, origin: any StanzaOrigin) {
        guard let to = stanza.to else { return }
        switch stanza.kind {
        case .iq:
            guard to == JID(jid) else { return router.bounce(stanza, .itemNotFound) }
            answer(stanza, origin: origin)
        case .message:
            guard stanza.type != .headline else { return }
            router.bounce(stanza, to == JID(jid) ? .serviceUnavailable : .itemNotFound)
        case .presence:
            break
        }
    }

    private func answer(_ stanza: Stanza, origin: any StanzaOrigin) {
        guard stanza.type == .get || stanza.type == .set, let from = stanza.from, let to = stanza.to
        else { return }
        guard let child = stanza.payload.children.first, stanza.payload.children.count == 1,
            let handler = iqs.handler(child.namespace, .host),
            let request = stanza.elements.first
        else { return router.bounce(stanza, .serviceUnavailable) }
        let iq = IQ(stanza: stanza, request: request, from: from, to: to, session: nil)
        switch handler {
        case .now(let answer):
            router.reply(to: iq) { () throws(StanzaError) in try answer(iq) }
        case .later:
            origin.hold { await self.router.run(handler, for: iq) }
        }
    }

    // MARK: service discovery

    private func info(_ request: IQ) throws(StanzaError) -> IQReply {
        try Self.check(request)
        let identity = Element(
            "identity", .discoInfo,
            attributes: [
                ("category", description.identity.category),
                ("type", description.identity.type), ("name", description.identity.name),
            ])
        let features = Set(description.features + [.discoInfo, .discoItems])
            .map(\.name).sorted().map { feature in
                Element("feature", .discoInfo, attributes: [("var", feature)])
            }
        return .result([
            Element(
                "query", .discoInfo, children: [identity] + features + description.forms)
        ])
    }

    private static func items(_ request: IQ) throws(StanzaError) -> IQReply {
        try check(request)
        return .result([Element("query", .discoItems)])
    }

    private static func check(_ request: IQ) throws(StanzaError) {
        guard !request.isSet else { throw .notAllowed }
        guard request.request.name == "query" else { throw .badRequest }
        guard request.request["node"] == nil else { throw .itemNotFound }
    }
}

/// The services of one host, by the module that runs them.
///
/// A `Mutex` guards the list.
package final class HostedServices: Sendable {
    private let router: Router
    private let services = Mutex<[String: [HostedService]]>([:])

    init(router: Router) { self.router = router }

    package var all: [HostedService] {
        services.withLock { $0.values.flatMap { $0 } }.sorted { $0.jid.text < $1.jid.text }
    }

    /// Lets stanzas reach a service; `false` when something has its domain already.
    package func attach(_ owner: String, _ service: HostedService) -> Bool {
        guard router.add(service, for: service.jid.domainpart) else { return false }
        services.withLock { $0[owner, default: []].append(service) }
        return true
    }

    package func detach(_ owner: String) {
        end(services.withLock { $0.removeValue(forKey: owner) } ?? [])
    }

    /// Ends all services, as when their host goes.
    package func detachAll() {
        end(
            services.withLock { services in
                defer { services = [:] }
                return services.values.flatMap { $0 }
            })
    }

    private func end(_ services: [HostedService]) {
        for service in services { router.remove(service, for: service.jid.domainpart) }
    }
}
