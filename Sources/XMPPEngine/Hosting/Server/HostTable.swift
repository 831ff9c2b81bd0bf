import Synchronization
import XMPPCore

/// The served hosts by domain.
///
/// A `Mutex` guards the table for a look-up.
package final class HostTable: C2SDirectory {
    private struct State {
        var hosts: [String: VirtualHost] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())

    package init() {}

    package func host(_ domain: String) -> (any C2SHost)? { self[domain] }

    package subscript(_ domain: String) -> VirtualHost? {
        state.withLock { $0.hosts[domain] }
    }

    package var all: [VirtualHost] {
        state.withLock { state in state.order.compactMap { state.hosts[$0] } }
    }

    package var onlyHost: (any C2SHost)? {
        state.withLock { $0.hosts.count == 1 ? $0.hosts.values.first : nil }
    }

    package var defaultDomain: String { state.withLock { $0.order.first ?? "localhost" } }

    func add(_ host: VirtualHost) {
        state.withLock { state in
            state.hosts[host.domain] = host
            if !state.order.contains(host.domain) { state.order.append(host.domain) }
        }
    }

    func remove(_ domain: String) {
        state.withLock { state in
            state.hosts[domain] = nil
            state.order.removeAll { $0 == domain }
        }
    }
}
