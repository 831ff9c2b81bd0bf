import Foundation
import Synchronization
import Testing
import XMPPConfig
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Access tokens")
struct AccessTokensTests {
    /// A clock that a test moves.
    private final class Clock: Sendable {
        private let milliseconds = Mutex<Int64>(1_000_000)

        var now: Timestamp { Timestamp(milliseconds: milliseconds.withLock { $0 }) }

        func pass(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1000 } }
    }

    private func withTokens(
        _ body: (AccessTokens, Clock, Stores) async throws -> Void
    ) async throws {
        let path = NSTemporaryDirectory() + "tokens-" + UUID().uuidString + ".db"
        let database = SQLiteDatabase(SQLiteConfiguration(path: path, readers: 1))
        try await database.open()
        let stores = Stores(database: database)
        let clock = Clock()
        try await body(AccessTokens(store: stores.tokens, now: { clock.now }), clock, stores)
        await database.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    @Test("A token opens until it expires, not a moment longer")
    func expiry() async throws {
        try await withTokens { tokens, clock, _ in
            let juliet = try #require(BareJID("juliet@example.com"))
            let scope = try #require(CommandSelection(["status", "[tag:accounts]"]))
            let issued = try #require(
                try await tokens.issue(for: juliet, lifetime: .seconds(60), scope: scope))
            #expect(issued.token.scopes == ["status", "[tag:accounts]"])
            #expect(try await tokens.token(issued.text) == issued.token)
            clock.pass(seconds: 59)
            #expect(tokens.secondsLeft(issued.token) == 1)
            #expect(try await tokens.token(issued.text) == issued.token)
            clock.pass(seconds: 1)
            #expect(try await tokens.token(issued.text) == nil)
            #expect(tokens.secondsLeft(issued.token) == 0)
        }
    }

    @Test("Two tokens differ; what is not one opens nothing")
    func texts() async throws {
        try await withTokens { tokens, _, _ in
            let juliet = try #require(BareJID("juliet@example.com"))
            let first = try #require(
                try await tokens.issue(for: juliet, lifetime: .seconds(9), scope: .everything))
            let second = try #require(
                try await tokens.issue(for: juliet, lifetime: .seconds(9), scope: .everything))
            #expect(first.text != second.text && first.token.id != second.token.id)
            #expect(first.text.utf8.count == 46)
            #expect(!first.text.contains { "+/=".contains($0) })
            for text in [
                "", "mt_", first.text + "x", String(first.text.dropLast()),
                first.text.uppercased(), String(first.text.dropFirst(3)), first.token.id,
            ] {
                #expect(try await tokens.token(text) == nil)
            }
        }
    }

    @Test("Nothing that is stored holds the text")
    func digests() async throws {
        try await withTokens { tokens, _, stores in
            let juliet = try #require(BareJID("juliet@example.com"))
            let issued = try #require(
                try await tokens.issue(for: juliet, lifetime: .seconds(9), scope: .everything))
            #expect(try await stores.tokens.token(digest: Array(issued.text.utf8)) == nil)
            let digest = HashFunction.sha256.digest(of: Array(issued.text.utf8))
            #expect(try await stores.tokens.token(digest: digest) == issued.token)
        }
    }

    @Test("Expired tokens are swept when the next is made; a life has its longest")
    func sweeping() async throws {
        try await withTokens { tokens, clock, stores in
            let juliet = try #require(BareJID("juliet@example.com"))
            _ = try await tokens.issue(for: juliet, lifetime: .seconds(1), scope: .everything)
            clock.pass(seconds: 2)
            let issued = try await tokens.issue(
                for: juliet, lifetime: .seconds(Int64.max), scope: .everything)
            #expect(try await stores.tokens.tokens(of: nil, after: nil, limit: 9).count == 1)
            let life = issued.map { tokens.secondsLeft($0.token) }
            #expect(life == Int(AccessTokens.lifetimeMax.components.seconds))
        }
    }
}
