import Testing

@testable import XMPPStorage

@Suite("Group commit")
struct GroupCommitTests {
    /// A call that looks around when it is run and when it is finished.
    ///
    /// Sendable because the test runs it on one thread.
    private final class Call: DatabaseCall, @unchecked Sendable {
        let run: (any SQLSession) -> StorageError?
        let look: () -> Int64
        private(set) var seenAtFinish: [Int64] = []
        private(set) var failures: [StorageError?] = []

        init(look: @escaping () -> Int64, run: @escaping (any SQLSession) -> StorageError?) {
            self.look = look
            self.run = run
        }

        func perform(in session: any SQLSession) -> StorageError? { run(session) }

        func finish(_ failure: StorageError?) {
            failures.append(failure)
            seenAtFinish.append(look())
        }
    }

    private func withConnections(
        _ body: (GroupCommit, _ look: @escaping () -> Int64) throws -> Void
    ) throws {
        let directory = try TestDirectory()
        let configuration = SQLiteConfiguration(path: directory.file)
        let writer = try SQLiteConnection.open(configuration, as: .writer)
        try writer.execute("CREATE TABLE t (a BIGINT)")
        let reader = try SQLiteConnection.open(configuration, as: .reader)
        try body(GroupCommit(connection: writer)) {
            (try? reader.number("SELECT count(*) FROM t")) ?? -1
        }
    }

    private func insert(_ session: any SQLSession) -> StorageError? {
        do throws(StorageError) {
            try session.execute("INSERT INTO t (a) VALUES (1)")
            return nil
        } catch {
            return error
        }
    }

    @Test("Callers are resumed after the one commit of them all")
    func resumesAfterCommit() throws {
        try withConnections { group, look in
            let calls = (0..<5).map { _ in Call(look: look, run: insert) }
            #expect(group.run(calls) == nil)
            for call in calls {
                #expect(call.failures == [nil])
                #expect(call.seenAtFinish == [5])
            }
        }
    }

    @Test("An error that ends the transaction fails all of its calls, each once")
    func lostTransaction() throws {
        try withConnections { group, look in
            let calls = [
                Call(look: look, run: insert),
                Call(look: look) { session in
                    _ = insert(session)
                    _ = try? session.execute("ROLLBACK")
                    return .diskFull
                },
                Call(look: look, run: insert),
            ]
            #expect(group.run(calls) == .diskFull)
            for call in calls { #expect(call.failures == [.diskFull]) }
            #expect(look() == 0)
            #expect(group.run([Call(look: look, run: insert)]) == nil)
            #expect(look() == 1)
        }
    }

    @Test("Sign of damage in one call is reported; the others are kept")
    func reportsDamage() throws {
        try withConnections { group, look in
            let calls = [
                Call(look: look, run: insert), Call(look: look) { _ in .corrupt("a page") },
            ]
            #expect(group.run(calls) == .corrupt("a page"))
            #expect(calls[0].failures == [nil])
            #expect(calls[1].failures == [.corrupt("a page")])
            #expect(look() == 1)
        }
    }
}
