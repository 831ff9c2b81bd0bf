import XMPPCore
import XMPPStorage

/// Rates of the embedded database on this machine.
enum Measurement {
    static func run(in directory: String) async throws(StorageError) {
        for (name, durability) in [
            ("process-crash", SQLiteConfiguration.Durability.processCrash),
            ("power-loss", .powerLoss),
        ] {
            let database = SQLiteDatabase(
                SQLiteConfiguration(path: "\(directory)/\(name).db", durability: durability))
            try await database.open()
            let stores = Stores(database: database)
            for callers in [1, 10, 100] {
                let rate = await writesPerSecond(callers, to: stores.offlineMessages)
                print("\(name): \(rate) writes/s from \(callers) callers")
            }
            await database.close()
        }
        try await pages(in: directory)
    }

    private static func writesPerSecond(_ callers: Int, to messages: any OfflineMessageStore) async
        -> Int
    {
        let stanza = [UInt8](repeating: 0x61, count: 300)
        let each = max(2000 / callers, 200)
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup { group in
            for caller in 0..<callers {
                guard let account = BareJID("user\(caller)@example.com") else { continue }
                group.addTask {
                    for _ in 0..<each {
                        _ = try? await messages.append(
                            stanza, for: account, storedAt: .now(), expiresAt: nil,
                            messagesMax: .max)
                    }
                }
            }
        }
        return rate(of: each * callers, since: start)
    }

    /// Pages through a million accounts.
    private static func pages(in directory: String) async throws(StorageError) {
        let database = SQLiteDatabase(SQLiteConfiguration(path: "\(directory)/accounts.db"))
        try await database.open()
        let accounts = Stores(database: database).accounts
        guard let host = BareJID("example.com") else { return }
        let clock = ContinuousClock()
        var start = clock.now
        await withTaskGroup { group in
            for part in 0..<100 {
                group.addTask {
                    for number in 0..<10_000 {
                        let name = "user\(part * 10_000 + number)"
                        guard let account = BareJID(localpart: name, domainpart: "example.com")
                        else { continue }
                        _ = try? await accounts.create(account, credentials: "SCRAM-SHA-256$…")
                    }
                }
            }
        }
        let total = try await accounts.count(on: host)
        print("accounts: \(total) created, \(rate(of: total, since: start)) a second")
        for (filter, cursor) in [
            (AccountFilter.all, ""), (.all, "user5"), (.all, "user99"), (.prefix("user77777"), ""),
            (.containing("99999"), "user4"), (.containing("nobody"), ""),
        ] {
            start = clock.now
            let page = try await accounts.accounts(
                on: host, matching: filter, after: AccountCursor(localpart: cursor), limit: 50)
            print(
                "page \(filter) after “\(cursor)”: \(page.accounts.count) in \(clock.now - start)")
        }
        start = clock.now
        guard let one = BareJID("user500000@example.com") else { return }
        for _ in 0..<5000 { _ = try await accounts.record(of: one) }
        print("look-ups: \(rate(of: 5000, since: start)) a second from one caller")
        await database.close()
    }

    private static func rate(of count: Int, since start: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = (ContinuousClock().now - start).components
        return Int(Double(count) / (Double(seconds) + Double(attoseconds) / 1e18))
    }
}
