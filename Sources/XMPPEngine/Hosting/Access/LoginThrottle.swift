import Synchronization

/// Slows down who guesses passwords, by address and by account.
///
/// A failure counts for a while; too many, and further attempts are refused unchecked until the
/// oldest is forgotten. A `Mutex` guards the table, which is bounded.
package final class LoginThrottle: Sendable {
    /// How many failures are too many.
    package struct Limits: Sendable {
        /// Failures from one address.
        package var addressMax = 10
        /// Failures for one account, from anywhere; higher, lest strangers lock its owner out.
        package var accountMax = 50
        /// How long a failure counts, in seconds.
        package var window = 300
        /// Addresses and accounts remembered; beyond them new ones are refused.
        package var keysMax = 50_000

        package init() {}
    }

    private enum Key: Hashable {
        case address(String)
        case account(String)
    }

    private struct Failures {
        var count = 0
        /// When the window of the count began.
        var since = 0
    }

    private let limits: Limits
    private let now: @Sendable () -> Int
    private let table = Mutex<[Key: Failures]>([:])

    /// - Parameters:
    ///   - limits: How many failures are too many.
    ///   - now: Monotonic seconds.
    package init(
        _ limits: Limits = Limits(), now: @escaping @Sendable () -> Int = { CoarseTimers.clock() }
    ) {
        self.limits = limits
        self.now = now
    }

    /// Whether an attempt must wait, and how many seconds; `nil` when it may be made.
    package func wait(address: String, account: String) -> Int? {
        let moment = now()
        return table.withLock { table in
            let waits = [
                remaining(table[.address(address)], limits.addressMax, moment),
                remaining(table[.account(account)], limits.accountMax, moment),
            ].compactMap { $0 }
            if let longest = waits.max() { return longest }
            guard table.count >= limits.keysMax else { return nil }
            table = table.filter { moment - $0.value.since < limits.window }
            return table.count >= limits.keysMax ? limits.window : nil
        }
    }

    private func remaining(_ failures: Failures?, _ most: Int, _ moment: Int) -> Int? {
        guard let failures, failures.count >= most else { return nil }
        let left = failures.since + limits.window - moment
        return left > 0 ? left : nil
    }

    /// Notes a wrong password.
    package func failed(address: String, account: String) {
        let moment = now()
        table.withLock { table in
            for key in [Key.address(address), .account(account)] {
                var failures = table[key] ?? Failures(count: 0, since: moment)
                if moment - failures.since >= limits.window {
                    failures = Failures(count: 0, since: moment)
                }
                failures.count += 1
                table[key] = failures
            }
        }
    }
}
