import Synchronization

/// Sessions that outlive their requests, by identifier.
///
/// Sharded; a `Mutex` guards each shard for a look-up.
final class SessionTable<ID: Hashable & Sendable, Session: AnyObject & Sendable>: Sendable {
    private struct Shard: ~Copyable {
        let sessions = Mutex<[ID: Session]>([:])
    }

    private final class ShardBox: Sendable {
        let shard = Shard()
    }

    /// Sessions at once; beyond it new ones are refused.
    let countMax: Int
    private let shards = (0..<16).map { _ in ShardBox() }
    private let counter = Atomic<Int>(0)

    init(countMax: Int = 200_000) { self.countMax = countMax }

    var count: Int { counter.load(ordering: .relaxed) }

    subscript(id: ID) -> Session? {
        box(id).shard.sessions.withLock { $0[id] }
    }

    /// Enters a session; false when there are too many.
    func insert(_ session: Session, as id: ID) -> Bool {
        guard counter.add(1, ordering: .relaxed).newValue <= countMax else {
            counter.subtract(1, ordering: .relaxed)
            return false
        }
        box(id).shard.sessions.withLock { $0[id] = session }
        return true
    }

    func remove(_ id: ID) {
        let removed = box(id).shard.sessions.withLock { $0.removeValue(forKey: id) }
        if removed != nil { counter.subtract(1, ordering: .relaxed) }
    }

    var all: [Session] {
        shards.flatMap { box in box.shard.sessions.withLock { Array($0.values) } }
    }

    private func box(_ id: ID) -> ShardBox {
        var hasher = Hasher()
        id.hash(into: &hasher)
        return shards[Int(UInt(bitPattern: hasher.finalize()) % UInt(shards.count))]
    }
}
