import Synchronization
import XMPPConfig

/// How often one address may register an account; an IPv6 /64, what one subscriber has, is one.
///
/// A `Mutex` guards the table, which is bounded.
package final class RegistrationThrottle: Sendable {
    private static let addressesMax = 100_000

    private struct State {
        var interval: Int?
        var last: [String: Int] = [:]
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Int

    /// - Parameters:
    ///   - interval: Seconds between two registrations; `nil` for no limit.
    ///   - now: Monotonic seconds.
    package init(
        interval: Int?, now: @escaping @Sendable () -> Int = { CoarseTimers.clock() }
    ) {
        state = Mutex(State(interval: interval))
        self.now = now
    }

    package func setInterval(_ interval: Int?) { state.withLock { $0.interval = interval } }

    /// Whether the address may register now; if so the next must wait.
    package func begin(_ address: String) -> Bool {
        let now = now()
        let address = Self.key(address)
        return state.withLock { state in
            guard let interval = state.interval else { return true }
            if let last = state.last[address], now - last < interval { return false }
            if state.last.count >= Self.addressesMax {
                state.last = state.last.filter { now - $0.value < interval }
                guard state.last.count < Self.addressesMax else { return false }
            }
            state.last[address] = now
            return true
        }
    }

    /// The registration failed: the address may try again.
    package func cancel(_ address: String) {
        let address = Self.key(address)
        state.withLock { $0.last[address] = nil }
    }

    private static func key(_ address: String) -> String {
        guard let network = IPAddress(address)?.subscriber else { return address }
        return network.description
    }
}
