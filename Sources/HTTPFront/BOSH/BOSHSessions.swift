import Synchronization

/// The sessions by `sid`.
///
/// Sharded; a `Mutex` guards each shard for a look-up.
final class BOSHSessions: Sendable {
    private struct Shard: ~Copyable {
        let sessions = Mutex<[BOSHSessionID: BOSHSession]>([:])
    }

    private final class ShardBox: Sendable {
        let shard = Shard()
    }

    /// Sessions at once; beyond it new ones are refused.
    static let countMax = 200_000
    private static let shardCount = 16
    private let shards = (0..<shardCount).map { _ in ShardBox() }
    private let counter = Atomic<Int>(0)

    var count: Int { counter.load(ordering: .relaxed) }

    subscript(id: BOSHSessionID) -> BOSHSession? {
        box(id).shard.sessions.withLock { $0[id] }
    }

    /// Enters a session; false when there are too many.
    func insert(_ session: BOSHSession) -> Bool {
        guard counter.add(1, ordering: .relaxed).newValue <= Self.countMax else {
            counter.subtract(1, ordering: .relaxed)
            return false
        }
        box(session.id).shard.sessions.withLock { $0[session.id] = session }
        return true
    }

    func remove(_ id: BOSHSessionID) {
        let removed = box(id).shard.sessions.withLock { $0.removeValue(forKey: id) }
        if removed != nil { counter.subtract(1, ordering: .relaxed) }
    }

    var all: [BOSHSession] {
        shards.flatMap { box in box.shard.sessions.withLock { Array($0.values) } }
    }

    private func box(_ id: BOSHSessionID) -> ShardBox {
        var hasher = Hasher()
        id.hash(into: &hasher)
        return shards[Int(UInt(bitPattern: hasher.finalize()) % UInt(Self.shardCount))]
    }
}
