import Foundation
import Testing
import XMPPCore
import XMPPStorage

/// How long lists of accounts take with very many of them.
///
/// `MARTLET_ACCOUNTS=1000000` measures with a million; a tenth of that is made otherwise.
@Suite("Lists of very many accounts", .serialized)
struct AccountScaleTests {
    private static let count =
        ProcessInfo.processInfo.environment["MARTLET_ACCOUNTS"].flatMap { Int($0) } ?? 100_000

    @Test("Ten thousand pages deep, by prefix and by part of the name, in bounded time")
    func listing() async throws {
        let path = "/tmp/console-scale-\(UUID().uuidString.prefix(8)).db"
        defer {
            for end in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: path + end)
            }
        }
        let database = SQLiteDatabase(SQLiteConfiguration(path: path))
        try await database.open()
        let count = Self.count
        try await database.write { (session) throws(StorageError) in
            _ = try session.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
                INSERT INTO account (host, localpart, credentials, created_at)
                SELECT 'localhost', printf('user%07d', i), 'x', i FROM n
                """, .integer(count))
        }
        let accounts = Stores(database: database).accounts
        let host = try #require(BareJID("localhost"))
        func page(
            _ what: String, _ filter: AccountFilter, after: String?, limit: Int = 50
        ) async throws -> AccountPage {
            var times: [Duration] = []
            var page: AccountPage?
            for _ in 0..<9 {
                let start = ContinuousClock.now
                page = try await accounts.accounts(
                    on: host, matching: filter, after: after.map { AccountCursor(localpart: $0) },
                    limit: limit)
                times.append(start.duration(to: .now))
            }
            let median = times.sorted()[times.count / 2]
            Self.say("\(what): \(median / .milliseconds(1)) ms")
            #expect(median < .seconds(1), "\(what)")
            return try #require(page)
        }
        func name(_ number: Int) -> String {
            "user" + String(String(10_000_000 + number).dropFirst())
        }
        let deep = name(count / 2)
        let perPage = max(1, count / 2 / 10_000)
        #expect(try await page("first page", .all, after: nil).accounts.count == 50)
        let far = try await page(
            "page 10 000 (\(perPage) a page)", .all, after: deep, limit: perPage)
        #expect(far.accounts.first?.account.localpart == name(count / 2 + 1))
        #expect(try await page("last page", .all, after: name(count - 51)).next == nil)
        let found = try await page("prefix of one", .prefix(name(count - 7)), after: nil)
        #expect(found.accounts.count == 1)
        #expect(
            try await page("prefix of ten thousands", .prefix("user00"), after: nil).next != nil)
        #expect(try await page("prefix of none", .prefix("zz"), after: nil).accounts.isEmpty)
        let rare = try await page("part of few names", .containing("99999"), after: nil)
        #expect(rare.next != nil)
        let none = try await page("part of no name", .containing("xyz"), after: deep)
        #expect(none.accounts.isEmpty)
        // From cursor to cursor a search for a part ends, and finds what there is.
        var cursor: AccountCursor?
        var seen = 0
        var steps = 0
        repeat {
            let page = try await accounts.accounts(
                on: host, matching: .containing("9999"), after: cursor, limit: 50)
            seen += page.accounts.count
            cursor = page.next
            steps += 1
        } while cursor != nil && steps < 10_000
        #expect(seen > 0 && cursor == nil)
        await database.close()
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("accounts \(count): \(text)\n".utf8))
    }
}
