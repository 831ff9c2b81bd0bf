import Synchronization
import XMPPConfig

/// Slows guessing down: after some failures each further attempt must wait twice as long.
///
/// Counted for each client network and for each account. The waits for an account stay short,
/// since strangers could otherwise lock its owner out. An attempt counts from its beginning, so
/// that many at once gain nothing. A `Mutex` guards the table, which is bounded.
package final class LoginThrottle: Sendable {
    /// How failures of one kind count.
    package struct Rule: Sendable {
        /// Failures that cost nothing.
        package var freeFailures: Int
        /// The wait after the first that is not free, in seconds; it doubles with each more.
        package var firstWait = 1
        /// In seconds.
        package var longestWait: Int

        /// A rule of so many failures and seconds.
        package init(freeFailures: Int, firstWait: Int = 1, longestWait: Int) {
            self.freeFailures = freeFailures
            self.firstWait = firstWait
            self.longestWait = longestWait
        }

        fileprivate func wait(after failures: Int) -> Duration {
            guard failures > freeFailures else { return .zero }
            let doublings = min(failures - freeFailures - 1, 12)
            return .seconds(min(firstWait << doublings, longestWait))
        }
    }

    /// How both kinds count, and how much is remembered.
    package struct Limits: Sendable {
        package var address: Rule
        package var account: Rule
        /// Networks and accounts remembered; of more, those that need not wait are forgotten.
        package var entriesMax = 20_000
        /// How long failures count after the last of them.
        package var memory = Duration.seconds(900)

        /// Limits with these rules.
        package init(address: Rule, account: Rule) {
            self.address = address
            self.account = account
        }

        /// For programs that call.
        package static let calls = Limits(
            address: Rule(freeFailures: 9, firstWait: 60, longestWait: 900),
            account: Rule(freeFailures: 49, longestWait: 30))
        /// For people at a form.
        package static let people = Limits(
            address: Rule(freeFailures: 5, longestWait: 900),
            account: Rule(freeFailures: 5, longestWait: 30))
    }

    /// What became of an attempt.
    package enum Outcome: Sendable {
        case accepted
        case refused
        /// Nobody could tell: it does not count.
        case undecided
    }

    private enum Key: Hashable {
        case network(ClientNetwork)
        /// Where there is no IP address, as on a local socket.
        case place(String)
        case account(String)
    }

    private struct Record {
        var tally = FailureTally()
        /// Attempts that are being checked.
        var pending = 0
        var mayTryAt: ContinuousClock.Instant
        var forgetAt: ContinuousClock.Instant
    }

    private let limits: Limits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let records = Mutex<[Key: Record]>([:])

    /// - Parameters:
    ///   - limits: How many failures are too many.
    ///   - now: The monotonic clock.
    package init(
        _ limits: Limits = .calls,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.limits = limits
        self.now = now
    }

    /// How many networks and accounts are remembered.
    package var count: Int { records.withLock { $0.count } }

    /// Begins an attempt; `end` must follow unless it has to wait.
    ///
    /// - Parameters:
    ///   - address: Textual IP address of the client itself.
    ///   - account: Whom it wants to be; `nil` where there are no accounts.
    /// - Returns: How long to wait first; `nil` when the attempt may go on.
    package func begin(address: String, account: String?) -> Duration? {
        let now = now()
        let keys = keys(address, account)
        return records.withLock { records in
            let waits = keys.compactMap { key, rule in
                records[key].flatMap { Self.wait($0, rule, now) }
            }
            if let longest = waits.max() { return longest }
            makeRoom(in: &records, now: now)
            for (key, _) in keys {
                var record = records[key] ?? Record(mayTryAt: now, forgetAt: now)
                if record.forgetAt <= now, record.pending == 0 { record.tally = FailureTally() }
                record.pending += 1
                record.forgetAt = max(record.forgetAt, now + limits.memory)
                records[key] = record
            }
            return nil
        }
    }

    private static func wait(
        _ record: Record, _ rule: Rule, _ now: ContinuousClock.Instant
    ) -> Duration? {
        if record.mayTryAt > now { return now.duration(to: record.mayTryAt) }
        let failures = record.forgetAt > now ? record.tally.count : 0
        // Those that are being checked may all fail.
        guard record.pending >= max(1, rule.freeFailures + 1 - failures) else { return nil }
        return .seconds(1)
    }

    /// Ends an attempt that began.
    package func end(address: String, account: String?, _ outcome: Outcome) {
        let now = now()
        records.withLock { records in
            for (key, rule) in keys(address, account) {
                guard var record = records[key] else { continue }
                record.pending = max(0, record.pending - 1)
                switch outcome {
                case .accepted:
                    record.tally.forgive(account)
                    if case .account = key { record.mayTryAt = now }
                case .refused:
                    record.tally.add(account)
                    record.mayTryAt = max(
                        record.mayTryAt, now + rule.wait(after: record.tally.count))
                    record.forgetAt = record.mayTryAt + limits.memory
                case .undecided:
                    break
                }
                let isOver = record.tally.count == 0 && record.pending == 0
                records[key] = isOver ? nil : record
            }
        }
    }

    private func keys(_ address: String, _ account: String?) -> [(Key, Rule)] {
        let place = IPAddress(address).map { Key.network(ClientNetwork($0)) } ?? .place(address)
        return [(place, limits.address)] + (account.map { [(.account($0), limits.account)] } ?? [])
    }

    private func makeRoom(in records: inout [Key: Record], now: ContinuousClock.Instant) {
        guard records.count >= limits.entriesMax else { return }
        records = records.filter { $0.value.forgetAt > now }
        guard records.count >= limits.entriesMax else { return }
        // Of a flood, those who must wait longest are the ones to remember.
        let sorted = records.sorted {
            ($0.value.mayTryAt, $0.value.tally.count) > ($1.value.mayTryAt, $1.value.tally.count)
        }
        let kept = sorted.prefix(limits.entriesMax / 2)
        records = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
