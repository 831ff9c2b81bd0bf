/// The threads of an open database, each with a connection of its own.
struct SQLiteThreads: Sendable {
    typealias Queue = WorkQueue<any DatabaseCall>
    private typealias OpeningAnswer = CheckedContinuation<Result<Void, StorageError>, Never>

    let reads: Queue
    let writes: Queue
    private let configuration: SQLiteConfiguration
    private let onFailure: @Sendable (StorageError) -> Void
    private let observer: (any StorageObserver)?
    private var readers: [WorkerThread] = []
    private var writer: WorkerThread?

    private init(
        _ configuration: SQLiteConfiguration, observer: (any StorageObserver)?,
        onFailure: @escaping @Sendable (StorageError) -> Void
    ) {
        self.observer = observer
        reads = Queue(limit: configuration.waitingMax)
        writes = Queue(limit: configuration.waitingMax)
        self.configuration = configuration
        self.onFailure = onFailure
    }

    /// Starts the writer, which migrates the schema, and then the readers.
    static func start(
        _ configuration: SQLiteConfiguration, migrations: [SchemaMigration],
        observer: (any StorageObserver)?, onFailure: @escaping @Sendable (StorageError) -> Void
    ) async throws(StorageError) -> SQLiteThreads {
        var threads = SQLiteThreads(configuration, observer: observer, onFailure: onFailure)
        do throws(StorageError) {
            try await threads.startWriter(migrations)
            for _ in 0..<configuration.readers { try await threads.startReader() }
            return threads
        } catch {
            await threads.end()
            throw error
        }
    }

    /// Lets the threads finish what waits; the writer ends alone and folds the log into the file.
    func end() async {
        reads.close()
        for reader in readers { await reader.ended() }
        writes.close()
        await writer?.ended()
    }

    /// Begins the end of the threads without waiting for it.
    func refuseCalls() {
        reads.close()
        writes.close()
    }

    private mutating func startWriter(_ migrations: [SchemaMigration]) async throws(StorageError) {
        let (configuration, writes, onFailure) = (configuration, writes, onFailure)
        let observer = observer
        writer = try await Self.startThread { () throws(StorageError) in
            let connection = try SQLiteConnection.open(configuration, as: .writer)
            let group = GroupCommit(connection: connection)
            try group.migrate(to: migrations)
            return {
                while case let calls = writes.take(atMost: configuration.groupMax), !calls.isEmpty {
                    let start = StorageClock.now
                    let failure = group.run(calls)
                    if let failure {
                        observer?.failed(failure)
                        if failure.isFatal { onFailure(failure) }
                    } else {
                        observer?.committed(
                            writes: calls.count, nanoseconds: StorageClock.now - start)
                    }
                }
            }
        }
    }

    private mutating func startReader() async throws(StorageError) {
        let (configuration, reads, onFailure) = (configuration, reads, onFailure)
        let observer = observer
        let reader = try await Self.startThread { () throws(StorageError) in
            let connection = try SQLiteConnection.open(configuration, as: .reader)
            return {
                while let call = reads.take(atMost: 1).first {
                    let start = StorageClock.now
                    let failure = connection.snapshot(for: call)
                    call.finish(failure)
                    observer?.wasRead(nanoseconds: StorageClock.now - start)
                    guard let failure, failure.isFatal else { continue }
                    observer?.failed(failure)
                    onFailure(failure)
                }
            }
        }
        readers.append(reader)
    }

    /// Starts a thread and waits until it is ready; what `prepare` returns is its life.
    private static func startThread(
        _ prepare: @escaping @Sendable () throws(StorageError) -> () -> Void
    ) async throws(StorageError) -> WorkerThread {
        var worker: WorkerThread?
        let outcome: Result<Void, StorageError> = await withCheckedContinuation { opening in
            do throws(StorageError) {
                worker = try WorkerThread.start { live(prepare, opening) }
            } catch {
                opening.resume(returning: .failure(error))
            }
        }
        try outcome.get()
        guard let worker else { throw .closed }
        return worker
    }

    private static func live(
        _ prepare: () throws(StorageError) -> () -> Void, _ opening: OpeningAnswer
    ) {
        let run: () -> Void
        do throws(StorageError) {
            run = try prepare()
        } catch {
            opening.resume(returning: .failure(error))
            return
        }
        opening.resume(returning: .success(()))
        run()
    }
}

extension SQLiteConnection {
    /// Runs a reading call over one state of the database.
    fileprivate func snapshot(for call: any DatabaseCall) -> StorageError? {
        do throws(StorageError) {
            try execute("BEGIN")
        } catch {
            return error
        }
        let failure = call.perform(in: self)
        if isInTransaction { _ = try? execute("ROLLBACK") }
        return failure
    }
}

extension GroupCommit {
    /// Applies the missing steps of the schema, all or none.
    fileprivate func migrate(to migrations: [SchemaMigration]) throws(StorageError) {
        try connection.execute("BEGIN IMMEDIATE")
        do throws(StorageError) {
            try SchemaMigrator.migrate(connection, to: migrations, at: .now())
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { _ = try? connection.execute("ROLLBACK") }
            throw error
        }
    }
}
