import Synchronization
import XMPPCore

/// The bound sessions of one host, by account (the classic `ejabberd_sm`).
///
/// Sharded; each shard is held by a `Mutex` for a look-up only.
package final class SessionManager: Sendable {
    private final class Shard: Sendable {
        let accounts = Mutex<[BareJID: [ClientResource]]>([:])
    }

    private static let shardCount = 32
    private let shards: [Shard]
    /// By transport, in the order of `TransportClass.allCases`.
    private let tally = Mutex([Int](repeating: 0, count: TransportClass.allCases.count))
    private let held = Atomic(0)

    package init() {
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    private func shard(_ account: BareJID) -> Shard {
        // The last bytes differ more than the first.
        var hash: UInt32 = 0
        for byte in account.text.utf8 { hash = hash &* 31 &+ UInt32(byte) }
        return shards[Int(truncatingIfNeeded: hash) & (Self.shardCount - 1)]
    }

    /// What became of entering a session.
    package enum Entry: Sendable {
        /// The session that held the resource before, if any, is replaced.
        case entered(replaced: ClientResource?)
        case taken
        case tooMany(oldest: ClientResource)
    }

    /// Enters a session, or says why not.
    ///
    /// - Parameters:
    ///   - resource: The session to enter.
    ///   - replacing: Whether it takes the place of one with the same address.
    ///   - sessionsMax: Most sessions of one account.
    /// - Returns: What became of it.
    package func enter(
        _ resource: ClientResource, replacing: Bool, sessionsMax: Int
    ) -> Entry {
        let account = resource.jid.bare
        let entry = shard(account).accounts.withLock { accounts -> Entry in
            var sessions = accounts[account] ?? []
            let name = resource.jid.resourcepart
            if let index = sessions.firstIndex(where: { $0.jid.resourcepart == name }) {
                guard replacing else { return .taken }
                let old = sessions[index]
                sessions[index] = resource
                accounts[account] = sessions
                return .entered(replaced: old)
            }
            if sessions.count >= sessionsMax, let oldest = sessions.first {
                return .tooMany(oldest: oldest)
            }
            sessions.append(resource)
            accounts[account] = sessions
            return .entered(replaced: nil)
        }
        if case .entered(let replaced) = entry {
            count(resource, 1)
            if let replaced { count(replaced, -1) }
        }
        return entry
    }

    private func count(_ resource: ClientResource, _ change: Int) {
        let transport = Int(resource.transport.rawValue)
        tally.withLock { $0[transport] += change }
        if change < 0, resource.release() { held.subtract(1, ordering: .relaxed) }
    }

    // MARK: sessions without a connection

    /// How many sessions have no connection at the moment.
    package var heldCount: Int { held.load(ordering: .relaxed) }

    /// What became of holding a session.
    enum Holding {
        /// It is held; those of its account that were held longest have to end, so that there are
        /// not too many.
        case held(displaced: [ClientResource])
        /// It is not here any more.
        case gone
    }

    /// Notes that a session has no connection.
    ///
    /// - Parameters:
    ///   - resource: The session.
    ///   - second: Seconds since 1970.
    ///   - max: Most held sessions of its account; it is one of them.
    /// - Returns: What became of it.
    func hold(_ resource: ClientResource, since second: Int, accountMax max: Int) -> Holding {
        let account = resource.jid.bare
        return shard(account).accounts.withLock { accounts -> Holding in
            guard let all = accounts[account], all.contains(where: { $0 === resource }) else {
                return .gone
            }
            let others = all.filter { $0 !== resource && $0.heldSince != nil }
            let longestFirst = others.sorted { ($0.heldSince ?? 0) < ($1.heldSince ?? 0) }
            resource.hold(since: second)
            held.add(1, ordering: .relaxed)
            return .held(
                displaced: Array(longestFirst.prefix(Swift.max(0, others.count + 1 - max))))
        }
    }

    /// Notes that a session has a connection of this kind now; `false` when it is not here any
    /// more.
    func move(_ resource: ClientResource, to transport: TransportClass) -> Bool {
        ifPresent(resource) {
            let former = Int(resource.transport.rawValue)
            tally.withLock { tally in
                tally[former] -= 1
                tally[Int(transport.rawValue)] += 1
            }
            if resource.release(to: transport) { held.subtract(1, ordering: .relaxed) }
        }
    }

    /// A session that leaves meanwhile does so after `change`, and is counted as that left it.
    private func ifPresent(_ resource: ClientResource, _ change: () -> Void) -> Bool {
        let account = resource.jid.bare
        return shard(account).accounts.withLock { accounts in
            guard accounts[account]?.contains(where: { $0 === resource }) == true else {
                return false
            }
            change()
            return true
        }
    }

    // MARK: numbers

    /// How many sessions there are by transport, in the order of `TransportClass.allCases`.
    package var countsByTransport: [Int] { tally.withLock { $0 } }

    /// Removes a session; `false` when another has taken its place.
    package func leave(_ resource: ClientResource) -> Bool {
        let account = resource.jid.bare
        let isGone = shard(account).accounts.withLock { accounts in
            guard var sessions = accounts[account],
                let index = sessions.firstIndex(where: { $0 === resource })
            else { return false }
            sessions.remove(at: index)
            accounts[account] = sessions.isEmpty ? nil : sessions
            return true
        }
        if isGone { count(resource, -1) }
        return isGone
    }

    package func sessions(of account: BareJID) -> [ClientResource] {
        shard(account).accounts.withLock { $0[account] ?? [] }
    }

    package func session(_ account: BareJID, _ resource: String) -> ClientResource? {
        shard(account).accounts.withLock { accounts in
            accounts[account]?.first { $0.jid.resourcepart == resource }
        }
    }

    /// Sessions that are available, whatever their priority.
    package func available(_ account: BareJID) -> [ClientResource] {
        sessions(of: account).filter(\.isAvailable)
    }

    /// Every session, for lists that people read.
    package var all: [ClientResource] {
        shards.flatMap { shard in
            shard.accounts.withLock { accounts in accounts.values.flatMap { $0 } }
        }
    }

    package var count: Int { countsByTransport.reduce(0, +) }
}
