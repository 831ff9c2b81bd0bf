import Logging
import Synchronization
import XMPPConfig

/// The clients that failed to log in too often, on whichever transport, and are kept out for a
/// while.
///
/// A `Mutex` guards the table, which is bounded; whether there is any ban at all is an atomic
/// number, so that asking costs nothing as long as there is none.
package final class AddressBans: Sendable {
    /// When failures become a ban, and for how long.
    package struct Limits: Sendable {
        /// The failure that bans.
        package var failuresMax: Int
        /// How long failures count and a ban lasts, in seconds since the last failure.
        package var lifetime: Int

        /// Limits of so many failures and seconds.
        package init(failuresMax: Int = 20, lifetime: Int = 3600) {
            self.failuresMax = failuresMax
            self.lifetime = lifetime
        }
    }

    private struct Record {
        var tally = FailureTally()
        var isBanned = false
        var forgetAt = 0

        /// Orders by what is worth remembering.
        var weight: (Int, Int, Int) { (isBanned ? 1 : 0, tally.count, forgetAt) }
    }

    private struct State {
        var records: [ClientNetwork: Record] = [:]
        var sweptAt = Int.min
    }

    private static let sweepInterval = 60
    private static let log = Logger(label: "martlet.bans")

    private let networksMax: Int
    private let now: @Sendable () -> Int
    private let banned = Atomic<Int>(0)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - networksMax: Networks remembered; of more the least suspicious are forgotten.
    ///   - now: Monotonic seconds.
    package init(
        networksMax: Int = 50_000, now: @escaping @Sendable () -> Int = { CoarseTimers.clock() }
    ) {
        self.networksMax = max(2, networksMax)
        self.now = now
    }

    /// How many networks are banned; it may count some whose time has just passed.
    package var count: Int { banned.load(ordering: .relaxed) }

    /// How many networks are remembered.
    package var networkCount: Int { state.withLock { $0.records.count } }

    // MARK: asked

    /// How many seconds an address stays banned; `nil` when it is not.
    package func secondsLeft(for address: IPAddress) -> Int? {
        guard banned.load(ordering: .relaxed) > 0 else { return nil }
        let moment = now()
        return state.withLock { state in
            sweep(&state, moment)
            guard let record = state.records[ClientNetwork(address)], record.isBanned,
                record.forgetAt > moment
            else { return nil }
            return record.forgetAt - moment
        }
    }

    // MARK: told

    /// Counts a failed login; a ban is logged when it begins.
    ///
    /// - Parameters:
    ///   - address: The client's own.
    ///   - account: Whom it tried to be.
    ///   - limits: When it is too much.
    package func failed(_ address: IPAddress, account: String?, limits: Limits) {
        let moment = now()
        let network = ClientNetwork(address)
        let failures = state.withLock { state -> Int? in
            if state.records[network] == nil { makeRoom(&state, moment) }
            var record = state.records[network] ?? Record()
            if record.forgetAt <= moment {
                if record.isBanned { banned.wrappingSubtract(1, ordering: .relaxed) }
                record = Record()
            }
            record.tally.add(account)
            // Failures under way when the ban began do not make it longer.
            if !record.isBanned { record.forgetAt = moment + limits.lifetime }
            let isNew = !record.isBanned && record.tally.count >= limits.failuresMax
            if isNew {
                record.isBanned = true
                banned.wrappingAdd(1, ordering: .relaxed)
            }
            state.records[network] = record
            return isNew ? record.tally.count : nil
        }
        guard let failures else { return }
        Self.log.warning(
            "address banned for failed logins",
            metadata: [
                "address": "\(address)", "network": "\(network)", "failures": "\(failures)",
                "seconds": "\(limits.lifetime)",
            ])
    }

    /// A login was right: earlier failures for that account do not count any more.
    package func succeeded(_ address: IPAddress, account: String?) {
        let network = ClientNetwork(address)
        state.withLock { state in
            guard state.records[network]?.isBanned == false else { return }
            state.records[network]?.tally.forgive(account)
            if state.records[network]?.tally.count == 0 { state.records[network] = nil }
        }
    }

    /// Lifts the bans of a range, and forgets the failures from there.
    ///
    /// - Returns: How many bans were lifted.
    @discardableResult
    package func lift(_ range: IPNetwork) -> Int {
        let moment = now()
        return state.withLock { state in
            sweep(&state, moment, isUrgent: true)
            let found = state.records.filter { $0.key.overlaps(range) }
            for network in found.keys { state.records[network] = nil }
            let lifted = found.count { $0.value.isBanned }
            banned.wrappingSubtract(lifted, ordering: .relaxed)
            return lifted
        }
    }

    /// Lifts every ban.
    package func liftAll() {
        state.withLock { state in
            state.records = [:]
            banned.store(0, ordering: .relaxed)
        }
    }

    // MARK: room

    private func sweep(_ state: inout State, _ moment: Int, isUrgent: Bool = false) {
        guard isUrgent || moment - Self.sweepInterval >= state.sweptAt else { return }
        state.sweptAt = moment
        keep(state.records.filter { $0.value.forgetAt > moment }, in: &state)
    }

    /// Forgets what is over, else half: who is banned longest and failed most is kept.
    private func makeRoom(_ state: inout State, _ moment: Int) {
        guard state.records.count >= networksMax else { return }
        sweep(&state, moment, isUrgent: true)
        guard state.records.count >= networksMax else { return }
        let sorted = state.records.sorted { $0.value.weight > $1.value.weight }
        let kept = sorted.prefix(networksMax / 2)
        keep(Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) }), in: &state)
    }

    private func keep(_ records: [ClientNetwork: Record], in state: inout State) {
        state.records = records
        banned.store(records.count { $0.value.isBanned }, ordering: .relaxed)
    }
}
