import Synchronization
import XMPPCore

/// The routes to the served hosts (the classic `ejabberd_local`).
///
/// Guarded by a `Mutex`.
package final class LocalRoutes: Sendable {
    private let router: Router
    private let hosts = Mutex<[String: VirtualHost]>([:])

    package init(router: Router) { self.router = router }

    /// Lets stanzas reach a host; `false` when something has its domain already.
    package func add(_ host: VirtualHost) -> Bool {
        guard router.add(host, for: host.domain) else { return false }
        hosts.withLock { $0[host.domain] = host }
        return true
    }

    /// Nothing reaches the host any more.
    package func remove(_ host: VirtualHost) {
        hosts.withLock { hosts in
            if hosts[host.domain] === host { hosts[host.domain] = nil }
        }
        router.remove(host, for: host.domain)
    }

    /// Gives the hosts back the routes that `withdraw` took.
    package func restore() {
        for (domain, host) in hosts.withLock({ $0 }) { _ = router.add(host, for: domain) }
    }

    /// Takes the routes away: what is for a local domain bounces until `restore`.
    package func withdraw() {
        for (domain, host) in hosts.withLock({ $0 }) { router.remove(host, for: domain) }
    }
}
