import Synchronization
import XMPPConfig
import XMPPEngine

/// Slows guessing down: after some failures each further attempt must wait twice as long.
///
/// Counted for each network and for each account. The waits for an account stay short, since
/// strangers could otherwise lock its owner out. Guarded by a `Mutex`; both tables are bounded.
final class SignInThrottle: Sendable {
    private struct Record {
        var failures: Int
        var mayTryAt: ContinuousClock.Instant
        var forgetAt: ContinuousClock.Instant
    }

    /// How one table counts.
    private struct Rule {
        let freeFailures: Int
        let longestWait: Int

        func wait(after failures: Int) -> Duration {
            guard failures > freeFailures else { return .zero }
            let doublings = min(failures - freeFailures - 1, 12)
            return .seconds(min(1 << doublings, longestWait))
        }
    }

    private static let addressRule = Rule(freeFailures: 5, longestWait: 900)
    private static let accountRule = Rule(freeFailures: 5, longestWait: 30)
    private static let entriesMax = 10_000
    private static let memory = Duration.seconds(3600)

    private let records = Mutex<[String: Record]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    /// How many networks and accounts are remembered.
    var count: Int { records.withLock { $0.count } }

    init(now: @escaping @Sendable () -> ContinuousClock.Instant) { self.now = now }

    /// Counts an attempt as failed until `succeeded` says otherwise, so that many at once gain
    /// nothing.
    ///
    /// - Returns: How long to wait first; `nil` when the attempt may go on.
    func begin(address: String, account: String) -> Duration? {
        let now = now()
        return records.withLock { records in
            let keys = Self.keys(address, account)
            let wait =
                keys.compactMap { key, _ in records[key]?.mayTryAt }
                .map { now.duration(to: $0) }.max() ?? .zero
            guard wait <= .zero else { return wait }
            Self.makeRoom(in: &records, now: now)
            for (key, rule) in keys {
                let failures = min((records[key]?.failures ?? 0) + 1, 1000)
                records[key] = Record(
                    failures: failures, mayTryAt: now + rule.wait(after: failures),
                    forgetAt: now + Self.memory)
            }
            return nil
        }
    }

    /// The attempt that began was right.
    func succeeded(address: String, account: String) {
        records.withLock { records in
            for (key, _) in Self.keys(address, account) { records[key] = nil }
        }
    }

    private static func keys(_ address: String, _ account: String) -> [(String, Rule)] {
        [("address " + network(of: address), addressRule), ("account " + account, accountRule)]
    }

    /// An IPv6 client has a whole /64 to come from.
    private static func network(of address: String) -> String {
        guard let ip = IPAddress(address), ip.isV6 else { return address }
        return Base64.encode(ip.bytes.prefix(8))
    }

    private static func makeRoom(
        in records: inout [String: Record], now: ContinuousClock.Instant
    ) {
        guard records.count >= entriesMax else { return }
        records = records.filter { $0.value.forgetAt > now }
        guard records.count >= entriesMax else { return }
        // Of a flood, those who must wait longest are the ones to remember.
        let kept = records.sorted { $0.value.mayTryAt > $1.value.mayTryAt }.prefix(entriesMax / 2)
        records = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
