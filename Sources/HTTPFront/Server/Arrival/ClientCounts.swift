/// How many connections a listener has, in all and by client.
struct ClientCounts {
    private(set) var total = 0
    private var byNetwork: [UInt64: Int] = [:]

    /// Counts a connection; false at the limit.
    mutating func enter(max: Int) -> Bool {
        guard total < max else { return false }
        total += 1
        return true
    }

    mutating func leave() { total -= 1 }

    /// Counts for an IPv4 address or an IPv6 /64; false at the limit, of which `nil` is none.
    mutating func enter(_ peer: PeerAddress, max: Int?) -> Bool {
        let count = byNetwork[peer.network, default: 0]
        if let max, count >= max { return false }
        byNetwork[peer.network] = count + 1
        return true
    }

    mutating func leave(_ peer: PeerAddress) {
        guard let count = byNetwork[peer.network] else { return }
        byNetwork[peer.network] = count > 1 ? count - 1 : nil
    }
}
