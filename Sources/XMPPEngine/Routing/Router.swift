import Synchronization
import XMPPCore

/// What stanzas for one domain go to: a served host, a component, a hosted service.
package protocol DomainRoute: AnyObject, Sendable {
    /// Takes a stanza whose `to` is in the route's domain.
    ///
    /// - Parameters:
    ///   - stanza: Its `from` is set and true.
    ///   - origin: The stream it came by; called on that stream's loop.
    func route(_ stanza: Stanza, origin: any StanzaOrigin)
}

/// Finds the way of a stanza by the domain of its recipient (the classic `ejabberd_router`).
///
/// A `Mutex` guards the table for a look-up.
package final class Router: Sendable {
    private let routes = Mutex<[String: any DomainRoute]>([:])
    /// Where stanzas for domains without a route go; `nil` refuses them.
    private let fallback = Mutex<(any DomainRoute)?>(nil)

    /// IQ requests that are being worked off the loops.
    private let working = Atomic(0)

    package init() {}

    /// How many IQ requests are being worked off the loops at the moment.
    package var requestCount: Int { working.load(ordering: .relaxed) }

    /// Counts a request from its beginning to its answer.
    func count<Answer>(_ work: () async -> Answer) async -> Answer {
        working.add(1, ordering: .relaxed)
        defer { working.subtract(1, ordering: .relaxed) }
        return await work()
    }

    /// - Returns: `false` when the domain has a route already.
    package func add(_ route: any DomainRoute, for domain: String) -> Bool {
        routes.withLock { routes in
            guard routes[domain] == nil else { return false }
            routes[domain] = route
            return true
        }
    }

    /// Removes the domain's route if it is this one.
    package func remove(_ route: any DomainRoute, for domain: String) {
        routes.withLock { routes in
            if routes[domain] === route { routes[domain] = nil }
        }
    }

    /// Forgets all routes, as when the server stops.
    package func removeAll() {
        routes.withLock { $0 = [:] }
    }

    package func setFallback(_ route: (any DomainRoute)?) {
        fallback.withLock { $0 = route }
    }

    package func route(to domain: String) -> (any DomainRoute)? {
        routes.withLock { $0[domain] }
    }

    /// How many components are connected; one may have several domains.
    package var componentCount: Int {
        routes.withLock { routes in
            Set(
                routes.values.compactMap { ($0 as? ComponentRoute)?.stream }.map(
                    ObjectIdentifier.init)
            )
            .count
        }
    }

    package var domains: [String] { routes.withLock { $0.keys.sorted() } }

    /// Sends a stanza on its way; a stanza without `to` goes nowhere.
    package func route(_ stanza: Stanza, origin: any StanzaOrigin = NoOrigin.shared) {
        guard let to = stanza.to else { return }
        if let route = route(to: to.bare.domainpart) ?? fallback.withLock({ $0 }) {
            route.route(stanza, origin: origin)
        } else {
            bounce(stanza, .remoteServerNotFound)
        }
    }

    /// Answers a stanza with an error, when its type allows that (RFC 6120 §8.3.1).
    package func bounce(_ stanza: Stanza, _ error: StanzaError) {
        guard stanza.kind != .presence || stanza.type == .available || stanza.type.isSubscription,
            let reply = stanza.errorReply(error), let to = reply.to
        else { return }
        // An error that cannot be delivered is dropped: nothing answers an error.
        route(to: to.bare.domainpart)?.route(reply, origin: NoOrigin.shared)
    }
}
