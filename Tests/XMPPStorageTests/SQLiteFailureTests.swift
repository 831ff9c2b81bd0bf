import Glibc
import Synchronization
import Testing

@testable import XMPPStorage

@Suite("Embedded database that fails")
struct SQLiteFailureTests {
    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
    }

    private func openingError(_ path: String) async -> StorageError? {
        do throws(StorageError) {
            let database = SQLiteDatabase(SQLiteConfiguration(path: path))
            try await database.open()
            await database.close()
            return nil
        } catch {
            return error
        }
    }

    @Test("A file of garbage is corrupt, and is left alone")
    func garbage() async throws {
        let directory = try TestDirectory()
        try write([UInt8](repeating: 0x5A, count: 10_000), to: directory.file)
        let error = await openingError(directory.file)
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        var status = stat()
        #expect(stat(directory.file, &status) == 0)
        #expect(status.st_size == 10_000)
    }

    @Test("Damaged pages give errors to their callers and word to the owner")
    func damage() async throws {
        let directory = try TestDirectory()
        let heard = Mutex<[StorageError]>([])
        let database = SQLiteDatabase(SQLiteConfiguration(path: directory.file)) { failure in
            heard.withLock { $0.append(failure) }
        }
        try await database.open()
        let juliet = try jid("juliet@example.com")
        let cards = SQLVCardStore(database: database)
        try await cards.storeVCard([UInt8](repeating: 1, count: 500_000), of: juliet)
        await database.close()
        try overwriteTail(of: directory.file)
        try await database.open()
        let error = await #expect(throws: StorageError.self) {
            try await database.write { (session) throws(StorageError) in
                let found = try session.query("PRAGMA integrity_check") {
                    (row) throws(StorageError) in try row.text(0)
                }
                guard found == ["ok"] else { throw .corrupt(found.first ?? "") }
            }
        }
        #expect(error?.isFatal == true)
        // The caller may hear of it first.
        for _ in 0..<500 where heard.withLock({ $0.isEmpty }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(heard.withLock { $0.count } == 1)
        await database.close()
    }

    /// Fills all pages after the first forty with bytes that are no page.
    private func overwriteTail(of path: String) throws {
        let file = try #require(fopen(path, "r+"))
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        fseek(file, 163_840, SEEK_SET)
        let rubbish = [UInt8](repeating: 0xA5, count: max(size - 163_840, 0))
        fwrite(rubbish, 1, rubbish.count, file)
        fclose(file)
    }

    @Test(
        "A place where no file can be made is unavailable, with its path",
        arguments: ["/proc/martlet.db", "/nonexistent/martlet.db", "/dev/null/martlet.db"])
    func impossiblePlaces(_ path: String) async {
        let error = await openingError(path)
        guard case .unavailable(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(path))
    }

    @Test("A directory in place of the file is unavailable")
    func directory() async throws {
        let directory = try TestDirectory()
        #expect(await openingError(directory.path)?.isFatal == true)
    }

    @Test(
        "A directory or a file that may not be written is unavailable",
        .enabled(if: geteuid() != 0, "the superuser may write everywhere"))
    func readOnly() async throws {
        let directory = try TestDirectory()
        chmod(directory.path, 0o500)
        #expect(await openingError(directory.file)?.isFatal == true)
        chmod(directory.path, 0o700)
        #expect(await openingError(directory.file) == nil)
        chmod(directory.file, 0o400)
        #expect(await openingError(directory.file)?.isFatal == true)
    }

    @Test("The file and its companions are its owner's alone")
    func mode() async throws {
        let directory = try TestDirectory()
        let database = SQLiteDatabase(SQLiteConfiguration(path: directory.file))
        try await database.open()
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            #expect(stat(directory.file + suffix, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        await database.close()
    }

    @Test("A file that was moved away takes no more writes; its owner hears of it")
    func moved() async throws {
        let directory = try TestDirectory()
        let heard = Mutex<[StorageError]>([])
        let database = SQLiteDatabase(SQLiteConfiguration(path: directory.file)) { failure in
            heard.withLock { $0.append(failure) }
        }
        try await database.open()
        rename(directory.file, directory.path + "/moved.db")
        let cards = SQLVCardStore(database: database)
        let juliet = try jid("juliet@example.com")
        await #expect(throws: StorageError.unavailable("the file was moved or deleted")) {
            try await cards.storeVCard([1], of: juliet)
        }
        // The caller may hear of it first.
        for _ in 0..<500 where heard.withLock({ $0.isEmpty }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(heard.withLock { $0 } == [.unavailable("the file was moved or deleted")])
        await database.close()
    }

    @Test("A full disk fails the write and leaves what was there")
    func fullDisk() async throws {
        try await withDatabase { database in
            let cards = SQLVCardStore(database: database)
            let juliet = try jid("juliet@example.com")
            try await cards.storeVCard([1], of: juliet)
            try await database.write { (session) throws(StorageError) in
                let pages = try session.number("PRAGMA page_count")
                _ = try session.number("PRAGMA max_page_count = \(pages)")
            }
            await #expect(throws: StorageError.diskFull) {
                try await cards.storeVCard([UInt8](repeating: 2, count: 100_000), of: juliet)
            }
            #expect(try await cards.vCard(of: juliet) == [1])
            try await cards.storeVCard([3], of: juliet)
            #expect(try await cards.vCard(of: juliet) == [3])
        }
    }

    @Test("A file locked by another process for too long is unavailable")
    func locked() async throws {
        let directory = try TestDirectory()
        var configuration = SQLiteConfiguration(path: directory.file)
        configuration.busyTimeout = .milliseconds(20)
        let database = SQLiteDatabase(configuration)
        try await database.open()
        let other = try SQLiteConnection.open(configuration, as: .writer)
        try other.execute("BEGIN IMMEDIATE")
        let cards = SQLVCardStore(database: database)
        let juliet = try jid("juliet@example.com")
        let error = await #expect(throws: StorageError.self) {
            try await cards.storeVCard([1], of: juliet)
        }
        #expect(error?.isFatal == true)
        try other.execute("ROLLBACK")
        try await cards.storeVCard([1], of: juliet)
        #expect(try await cards.vCard(of: juliet) == [1])
        await database.close()
    }
}
