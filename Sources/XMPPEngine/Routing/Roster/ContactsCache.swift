import Synchronization
import XMPPCore
import XMPPStorage

/// The contacts of the accounts that have sessions.
///
/// Sharded; each shard is held by a `Mutex` for a look-up only.
final class ContactsCache: Sendable {
    private final class Shard: Sendable {
        let accounts = Mutex<[BareJID: Contacts]>([:])
    }

    private static let shardCount = 16
    private let shards: [Shard]

    init() {
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    private func shard(_ account: BareJID) -> Shard {
        // Bytes of the localpart: the domain is the same for all.
        var hash: UInt32 = 0
        for byte in account.text.utf8.prefix(16) { hash = hash &* 31 &+ UInt32(byte) }
        return shards[Int(truncatingIfNeeded: hash ^ hash >> 8) & (Self.shardCount - 1)]
    }

    func contacts(of account: BareJID) -> Contacts? {
        shard(account).accounts.withLock { $0[account] }
    }

    func insert(_ contacts: Contacts, of account: BareJID) {
        shard(account).accounts.withLock { $0[account] = contacts }
    }

    /// Follows an edit, if the account is here.
    func apply(
        _ item: RosterItem?, of contact: BareJID, in account: BareJID, version: RosterVersion
    ) {
        shard(account).accounts.withLock {
            $0[account]?.apply(item, of: contact, version: version)
        }
    }

    func remove(_ account: BareJID) {
        shard(account).accounts.withLock { $0[account] = nil }
    }

    var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.accounts.withLock { $0.count } }
    }
}
