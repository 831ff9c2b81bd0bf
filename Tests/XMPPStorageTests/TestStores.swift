import Glibc
import Synchronization
import Testing
import XMPPCore

@testable import XMPPStorage

/// A directory of its own for one test, removed with everything in it.
struct TestDirectory: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/martlet-storage-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        path = String(cString: made)
    }

    var file: String { path + "/martlet.db" }

    deinit {
        for name in ["martlet.db", "martlet.db-wal", "martlet.db-shm", "moved.db"] {
            unlink(path + "/" + name)
        }
        rmdir(path)
    }
}

/// A clock that a test sets.
final class TestClock: Sendable {
    private let milliseconds: Mutex<Int64>

    init(_ start: Int64 = 1_000_000) { milliseconds = Mutex(start) }

    func now() -> Timestamp { Timestamp(milliseconds: milliseconds.withLock { $0 }) }

    func set(_ value: Int64) { milliseconds.withLock { $0 = value } }
}

/// Holds a database thread until it is opened.
final class SQLiteGate: Sendable {
    private let arrivals = AsyncStream<Void>.makeStream()
    private let openings = WorkQueue<Void>(limit: 100)

    /// Blocks the calling thread, which must not be one that tasks run on.
    func pass() {
        arrivals.continuation.yield()
        _ = openings.take(atMost: 1)
    }

    /// Waits until a thread stands at the gate.
    func awaitArrival() async {
        for await _ in arrivals.stream { return }
    }

    func open() { _ = openings.put(()) }
}

func withDatabase(
    waitingMax: Int = 10_000, _ body: (SQLiteDatabase) async throws -> Void
) async throws {
    let directory = try TestDirectory()
    var configuration = SQLiteConfiguration(path: directory.file)
    configuration.waitingMax = waitingMax
    let database = SQLiteDatabase(configuration)
    try await database.open()
    do {
        try await body(database)
        await database.close()
    } catch {
        await database.close()
        throw error
    }
}

func withStores(clock: TestClock = TestClock(), _ body: (Stores) async throws -> Void) async throws
{
    try await withDatabase { database in
        try await body(Stores(database: database, now: clock.now))
    }
}

func jid(_ text: String) throws -> BareJID { try #require(BareJID(text)) }

/// What breaks naive quoting, encodings and C strings.
let awkwardTexts = [
    "", "O'Reilly \"quoted\"", "'; DROP TABLE roster; --", "Zoë 🦜 家族 👩‍👩‍👧", "%_!\\?1$1", "a\nb\tc",
]
