import NIOCore
import Synchronization

/// How many connections a listener has, in all and per address; a `Mutex` guards it.
final class ConnectionCounts: Sendable {
    private struct Counts {
        var total = 0
        var refused = 0
        var byAddress: [[UInt8]: Int] = [:]
    }

    private static let loopbackV6: [UInt8] = Array(repeating: 0, count: 15) + [1]
    private let totalMax: Int?
    private let perAddressMax: Int?
    private let counts = Mutex(Counts())

    /// Makes counts of 0; `nil` is no limit.
    init(totalMax: Int?, perAddressMax: Int?) {
        self.totalMax = totalMax
        self.perAddressMax = perAddressMax
    }

    var total: Int { counts.withLock { $0.total } }

    /// Counts a connection; false when the limit is reached and nothing was counted.
    func enter() -> Bool {
        counts.withLock { counts in
            if let totalMax, counts.total >= totalMax { return false }
            counts.total += 1
            return true
        }
    }

    func leave() { counts.withLock { $0.total -= 1 } }

    /// Counts an address; false when its limit is reached and nothing was counted.
    func enter(_ peer: SocketAddress?) -> Bool {
        guard let perAddressMax, let key = Self.key(peer) else { return true }
        return counts.withLock { counts in
            guard counts.byAddress[key, default: 0] < perAddressMax else { return false }
            counts.byAddress[key, default: 0] += 1
            return true
        }
    }

    func leave(_ peer: SocketAddress?) {
        guard perAddressMax != nil, let key = Self.key(peer) else { return }
        counts.withLock { counts in
            guard let count = counts.byAddress[key] else { return }
            counts.byAddress[key] = count > 1 ? count - 1 : nil
        }
    }

    /// Counts a refusal and tells how many there were when it is time to log: at 1, 2, 4, 8.
    func refuse() -> Int? {
        counts.withLock { counts in
            counts.refused += 1
            return counts.refused & (counts.refused - 1) == 0 ? counts.refused : nil
        }
    }

    /// An IPv4 address, or the /64 of an IPv6 one, which is what one subscriber has; `nil` for this
    /// machine, whose proxies may speak for everybody.
    private static func key(_ peer: SocketAddress?) -> [UInt8]? {
        guard let bytes = peer?.addressBytes, bytes.first != 127 || bytes.count != 4,
            bytes != loopbackV6
        else { return nil }
        return bytes.count == 4 ? bytes : Array(bytes.prefix(8))
    }
}
