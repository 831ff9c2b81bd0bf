import Synchronization

/// The embedded database: one file, one writing thread, a few reading threads.
///
/// It may be closed and opened again any number of times; meanwhile calls throw `.unavailable`.
/// Its state is guarded by a `Mutex` held for a look-up.
package final class SQLiteDatabase: SQLDatabase {
    private enum State {
        case closed
        /// Threads are starting or ending.
        case changing
        case open(SQLiteThreads)
    }

    /// The words of SQLite.
    package let dialect = SQLDialect.sqlite
    private let configuration: SQLiteConfiguration
    private let migrations: [SchemaMigration]
    private let onFailure: @Sendable (StorageError) -> Void
    private let observer: (any StorageObserver)?
    private let state = Mutex(State.closed)

    /// Makes a closed database.
    ///
    /// - Parameters:
    ///   - configuration: Where it is and how it works.
    ///   - migrations: Every step of its schema.
    ///   - observer: Told of each transaction.
    ///   - onFailure: Called on a database thread when the file proves lost or damaged, perhaps
    ///     again and again; its owner should close the database and open it again.
    package init(
        _ configuration: SQLiteConfiguration, migrations: [SchemaMigration] = Schema.migrations,
        observer: (any StorageObserver)? = nil,
        onFailure: @escaping @Sendable (StorageError) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.migrations = migrations
        self.onFailure = onFailure
        self.observer = observer
    }

    deinit {
        let threads = state.withLock { state in
            if case .open(let threads) = state { threads } else { SQLiteThreads?.none }
        }
        threads?.refuseCalls()
    }

    /// Opens the file, making it when it is missing, and brings its schema up to date.
    ///
    /// Throws `.newerSchema`, `.corrupt`, `.diskFull`, or `.unavailable` also when it is open.
    package func open() async throws(StorageError) {
        let wasClosed = state.withLock { state in
            guard case .closed = state else { return false }
            state = .changing
            return true
        }
        guard wasClosed else { throw .unavailable("the database is open already") }
        do throws(StorageError) {
            let threads = try await SQLiteThreads.start(
                configuration, migrations: migrations, observer: observer, onFailure: onFailure)
            state.withLock { $0 = .open(threads) }
        } catch {
            state.withLock { $0 = .closed }
            throw error
        }
    }

    /// Finishes the calls that wait, refuses new ones, and closes the file.
    package func close() async {
        let threads: SQLiteThreads? = state.withLock { state in
            guard case .open(let threads) = state else { return nil }
            state = .changing
            return threads
        }
        guard let threads else { return }
        await threads.end()
        state.withLock { $0 = .closed }
    }

    /// Runs reading statements on one of the reading threads.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try await PendingCall(body).answer(from: try threads().reads).get()
    }

    /// Runs writing statements in the next group that is committed.
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try await PendingCall(body).answer(from: try threads().writes).get()
    }

    /// Calls that wait for a reading thread, and for the writing one; 0 while it is closed.
    package var waiting: (reads: Int, writes: Int) {
        guard let threads = try? threads() else { return (0, 0) }
        return (threads.reads.waitingCount, threads.writes.waitingCount)
    }

    private func threads() throws(StorageError) -> SQLiteThreads {
        let threads: SQLiteThreads? = state.withLock { state in
            guard case .open(let threads) = state else { return nil }
            return threads
        }
        guard let threads else { throw .closed }
        return threads
    }
}
