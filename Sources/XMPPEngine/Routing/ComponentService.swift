import Synchronization
import XMPPCore

/// The components of one listener and their domains (XEP-0114; the classic `ejabberd_service_sup`).
///
/// A `Mutex` guards who serves what.
package final class ComponentService: ComponentHost {
    package struct Options: Sendable {
        /// Secrets of the domains that components may serve here.
        package var secrets: [String: String] = [:]
        /// The secret of any other domain; `nil` when there is none.
        package var commonSecret: String?
        /// Whether a component also gets the listener's other free domains with the same secret.
        package var joinsAll = true
        /// Whether an entity may send to components here.
        package var mayReach: @Sendable (JID) -> Bool = { _ in true }

        package init() {}
    }

    private let router: Router
    private let options: Options
    private let routes = Mutex<[ObjectIdentifier: [ComponentRoute]]>([:])

    package init(router: Router, options: Options) {
        self.router = router
        self.options = options
    }

    package func secret(of domain: String) -> String? {
        options.secrets[domain] ?? options.commonSecret
    }

    package func join(_ stream: ComponentStream, domain: String) -> [String] {
        let own = enter(stream, domain)
        guard let own else { return [] }
        var joined = [own]
        if options.joinsAll, let secret = options.secrets[domain] {
            for other in options.secrets.keys.sorted()
            where other != domain && options.secrets[other] == secret {
                if let route = enter(stream, other) { joined.append(route) }
            }
        }
        let all = joined
        routes.withLock { $0[ObjectIdentifier(stream)] = all }
        return joined.map(\.domain)
    }

    private func enter(_ stream: ComponentStream, _ domain: String) -> ComponentRoute? {
        let route = ComponentRoute(
            domain: domain, stream: stream, router: router, mayReach: options.mayReach)
        return router.add(route, for: domain) ? route : nil
    }

    package func received(_ stanza: Stanza, from stream: ComponentStream) {
        router.route(stanza, origin: stream)
    }

    package func left(_ stream: ComponentStream) {
        let gone = routes.withLock { $0.removeValue(forKey: ObjectIdentifier(stream)) } ?? []
        for route in gone { router.remove(route, for: route.domain) }
    }

    /// To the component if it is back already, else to the sender as an error.
    package func undelivered(_ stanza: Stanza) {
        router.route(stanza, origin: NoOrigin.shared)
    }

    /// Ends every component's stream.
    package func closeAll(_ error: StreamError) {
        let streams = routes.withLock { $0.values.compactMap { $0.first?.stream } }
        for stream in streams { stream.loop.execute { stream.end(error) } }
    }
}

/// The way to one domain of a component.
final class ComponentRoute: DomainRoute {
    let domain: String
    let stream: ComponentStream
    private let router: Router
    private let mayReach: @Sendable (JID) -> Bool

    init(
        domain: String, stream: ComponentStream, router: Router,
        mayReach: @escaping @Sendable (JID) -> Bool
    ) {
        self.domain = domain
        self.stream = stream
        self.router = router
        self.mayReach = mayReach
    }

    func route(_ stanza: Stanza, origin: any StanzaOrigin) {
        if let from = stanza.from, !mayReach(from) {
            return router.bounce(stanza, .notAllowed)
        }
        guard stream.loop.deliver(stanza, to: stream) == .taken else {
            return router.bounce(stanza, .resourceConstraint)
        }
    }
}
