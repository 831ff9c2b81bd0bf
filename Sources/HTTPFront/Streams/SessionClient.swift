/// For whom a session counts until somebody has logged in to it.
struct SessionClient: Sendable {
    /// An IPv4 address or an IPv6 /64; `nil` for this machine and for trusted proxies, behind which
    /// may be everybody.
    let network: UInt64?
    /// Sessions of such a network at once.
    let countMax: Int

    init(network: UInt64?, countMax: Int) {
        self.network = network
        self.countMax = countMax
    }

    /// Who sent a request, or whom a trusted proxy sent it for.
    init(_ exchange: Exchange) {
        let server = exchange.connection.server
        self.init(
            network: server.isExempt(exchange) ? nil : exchange.peer.network,
            countMax: server.limits.connectionsPerAddressMax)
    }
}

/// How many sessions there are that nobody has logged in to, in all and by client network.
struct UnboundCounts {
    private(set) var total = 0
    private var byNetwork: [UInt64: Int] = [:]

    enum Admission: Equatable {
        case counted
        /// The client has as many as it may have.
        case tooManyOfClient
        case tooMany
    }

    /// Counts a session, unless there are too many.
    mutating func enter(_ client: SessionClient, totalMax: Int) -> Admission {
        guard total < totalMax else { return .tooMany }
        if let network = client.network {
            let count = byNetwork[network, default: 0]
            guard count < client.countMax else { return .tooManyOfClient }
            byNetwork[network] = count + 1
        }
        total += 1
        return .counted
    }

    mutating func leave(_ client: SessionClient) {
        total -= 1
        guard let network = client.network, let count = byNetwork[network] else { return }
        byNetwork[network] = count > 1 ? count - 1 : nil
    }
}
