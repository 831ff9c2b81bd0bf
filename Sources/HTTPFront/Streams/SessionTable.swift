import Synchronization

/// Sessions that outlive their requests, by identifier.
///
/// Sharded; a `Mutex` guards each shard for a look-up, another one the counts of sessions that
/// nobody has logged in to. These never take more than half of the table.
final class SessionTable<ID: Hashable & Sendable, Session: AnyObject & Sendable>: Sendable {
    enum Admission: Equatable {
        case entered
        case full
        /// The client has too many sessions that nobody has logged in to.
        case tooManyOfClient
    }

    private struct Entry {
        let session: Session
        /// Until somebody has logged in.
        var client: SessionClient?
    }

    private struct Shard: ~Copyable {
        let entries = Mutex<[ID: Entry]>([:])
    }

    private final class ShardBox: Sendable {
        let shard = Shard()
    }

    /// Sessions at once; beyond it new ones are refused.
    let countMax: Int
    private let shards = (0..<16).map { _ in ShardBox() }
    private let counter = Atomic<Int>(0)
    private let unbound = Mutex(UnboundCounts())

    init(countMax: Int = 200_000) { self.countMax = countMax }

    var count: Int { counter.load(ordering: .relaxed) }

    /// Sessions that nobody has logged in to.
    var unboundCount: Int { unbound.withLock { $0.total } }

    subscript(id: ID) -> Session? {
        box(id).shard.entries.withLock { $0[id]?.session }
    }

    /// Enters a session that nobody has logged in to yet, unless there are too many.
    func insert(_ session: Session, as id: ID, for client: SessionClient) -> Admission {
        switch unbound.withLock({ $0.enter(client, totalMax: countMax / 2) }) {
        case .counted: break
        case .tooManyOfClient: return .tooManyOfClient
        case .tooMany: return .full
        }
        guard counter.add(1, ordering: .relaxed).newValue <= countMax else {
            counter.subtract(1, ordering: .relaxed)
            unbound.withLock { $0.leave(client) }
            return .full
        }
        box(id).shard.entries.withLock { $0[id] = Entry(session: session, client: client) }
        return .entered
    }

    /// Somebody has logged in: the session counts for its client no more.
    func loggedIn(_ id: ID) {
        let client = box(id).shard.entries.withLock { entries -> SessionClient? in
            defer { entries[id]?.client = nil }
            return entries[id]?.client
        }
        if let client { unbound.withLock { $0.leave(client) } }
    }

    func remove(_ id: ID) {
        let removed = box(id).shard.entries.withLock { $0.removeValue(forKey: id) }
        guard let removed else { return }
        counter.subtract(1, ordering: .relaxed)
        if let client = removed.client { unbound.withLock { $0.leave(client) } }
    }

    var all: [Session] {
        shards.flatMap { box in
            box.shard.entries.withLock { $0.values.map(\.session) }
        }
    }

    private func box(_ id: ID) -> ShardBox {
        var hasher = Hasher()
        id.hash(into: &hasher)
        return shards[Int(UInt(bitPattern: hasher.finalize()) % UInt(shards.count))]
    }
}
