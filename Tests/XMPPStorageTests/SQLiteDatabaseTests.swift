import Glibc
import Synchronization
import Testing

@testable import XMPPStorage

@Suite("Embedded database")
struct SQLiteDatabaseTests {
    private static let insert = "INSERT INTO vcard (owner, content) VALUES (?1, ?2)"

    private func owners(_ database: SQLiteDatabase) async throws -> Int64 {
        try await database.read { (session) throws(StorageError) in
            try session.number("SELECT count(*) FROM vcard")
        }
    }

    @Test("A failing write undoes itself and none of those that came in with it")
    func groups() async throws {
        try await withDatabase { database in
            let gate = SQLiteGate()
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await database.write { _ in gate.pass() }
                    return true
                }
                await gate.awaitArrival()
                for number in 0..<100 {
                    group.addTask {
                        do throws(StorageError) {
                            try await database.write { (session) throws(StorageError) in
                                try session.execute(Self.insert, .text("\(number)"), .blob([]))
                                if number % 10 == 0 { throw .constraint("mine") }
                            }
                            return true
                        } catch {
                            #expect(error == .constraint("mine"))
                            return false
                        }
                    }
                }
                gate.open()
                let kept = try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                #expect(kept == 91)
            }
            #expect(try await owners(database) == 90)
        }
    }

    @Test("A reader keeps few pages of its own: the kernel has them all")
    func readerCache() async throws {
        try await withDatabase { database in
            let size = try await database.read { (session) throws(StorageError) in
                try session.number("PRAGMA cache_size")
            }
            #expect(size == -256)
        }
    }

    @Test("A caller over the limit is told so at once; those that wait are served")
    func overload() async throws {
        try await withDatabase(waitingMax: 2) { database in
            let gate = SQLiteGate()
            await withTaskGroup(of: StorageError?.self) { group in
                group.addTask {
                    do throws(StorageError) {
                        try await database.write { _ in gate.pass() }
                        return nil
                    } catch {
                        return error
                    }
                }
                await gate.awaitArrival()
                for number in 0..<10 {
                    group.addTask {
                        do throws(StorageError) {
                            try await database.write { (session) throws(StorageError) in
                                _ = try session.execute(Self.insert, .text("\(number)"), .blob([]))
                            }
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                for _ in 0..<8 {
                    let answer = await group.next()
                    #expect(answer == .some(.overloaded))
                }
                gate.open()
                for await answer in group { #expect(answer == nil) }
            }
            let found = try await owners(database)
            #expect(found == 2)
        }
    }

    @Test("A call cancelled before its turn does nothing")
    func cancellation() async throws {
        try await withDatabase { database in
            let gate = SQLiteGate()
            async let blocker: Void = database.write { _ in gate.pass() }
            await gate.awaitArrival()
            let cancelled = Task {
                try await database.write { (session) throws(StorageError) in
                    try session.execute(Self.insert, .text("cancelled"), .blob([]))
                }
            }
            cancelled.cancel()
            gate.open()
            try await blocker
            await #expect(throws: StorageError.cancelled) { try await cancelled.value }
            #expect(try await owners(database) == 0)
        }
    }

    @Test("A write is seen by every read that begins after its acknowledgement")
    func readsOwnWrites() async throws {
        try await withDatabase { database in
            for number in 1...200 {
                try await database.write { (session) throws(StorageError) in
                    _ = try session.execute(Self.insert, .text("\(number)"), .blob([]))
                }
                #expect(try await owners(database) == Int64(number))
            }
        }
    }

    @Test("A closed database refuses calls, and opened again it has what was kept")
    func reopens() async throws {
        try await withDatabase { database in
            try await database.write { (session) throws(StorageError) in
                _ = try session.execute(Self.insert, .text("kept"), .blob([]))
            }
            await #expect(throws: StorageError.self) { try await database.open() }
            await database.close()
            await database.close()
            await #expect(throws: StorageError.closed) { try await owners(database) }
            await #expect(throws: StorageError.closed) { try await database.write { _ in } }
            try await database.open()
            #expect(try await owners(database) == 1)
        }
    }

    @Test("Closing waits for the calls that were taken")
    func closeDrains() async throws {
        try await withDatabase { database in
            let written = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let kept: Void? = try? await database.write {
                            (session) throws(StorageError) in
                            _ = try session.execute(Self.insert, .text("\(number)"), .blob([]))
                        }
                        return kept != nil
                    }
                }
                await database.close()
                return await group.reduce(Int64(0)) { $0 + ($1 ? 1 : 0) }
            }
            try await database.open()
            #expect(try await owners(database) == written)
        }
    }

    @Test("A reading call cannot write")
    func readOnlyCalls() async throws {
        try await withDatabase { database in
            await #expect(throws: StorageError.self) {
                try await database.read { (session) throws(StorageError) in
                    try session.execute(Self.insert, .text("x"), .blob([]))
                }
            }
            let found = try await owners(database)
            #expect(found == 0)
        }
    }

    @Test("A broken rule of the schema is a constraint")
    func constraint() async throws {
        try await withDatabase { database in
            let error = await #expect(throws: StorageError.self) {
                try await database.write { (session) throws(StorageError) in
                    try session.execute(
                        """
                        INSERT INTO roster_removal (owner, contact, version)
                        VALUES ('nobody', 'x', 1)
                        """)
                }
            }
            guard case .constraint = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("A column of another type is unreadable, not a trap")
    func wrongType() async throws {
        try await withDatabase { database in
            let error = await #expect(throws: StorageError.self) {
                try await database.read { (session) throws(StorageError) in
                    try session.query("SELECT 1, x'FF'") { (row) throws(StorageError) in
                        try row.text(1)
                    }
                }
            }
            guard case .unreadable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("Parameters that do not fit a statement are refused", arguments: [0, 1, 3])
    func parameters(_ count: Int) async throws {
        try await withDatabase { database in
            await #expect(throws: StorageError.self) {
                try await database.write { (session) throws(StorageError) in
                    try session.execute(
                        Self.insert, with: Array(repeating: .text("x"), count: count))
                }
            }
        }
    }
}
