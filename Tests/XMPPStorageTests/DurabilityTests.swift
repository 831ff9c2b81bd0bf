import ChildProcess
import Foundation
import Testing
import XMPPCore

@testable import XMPPStorage

@Suite("Durability")
struct DurabilityTests {
    @Test("What was acknowledged survives kill -9")
    func survivesKill() async throws {
        let directory = try TestDirectory()
        var acknowledged = Set<String>()
        for _ in 0..<3 {
            acknowledged.formUnion(try await writeAndKill(directory.file))
        }
        #expect(acknowledged.count >= 900)
        let database = SQLiteDatabase(SQLiteConfiguration(path: directory.file))
        try await database.open()
        let stored = try await SQLOfflineMessageStore(database: database).messages(
            for: try jid("romeo@example.com"), after: nil, limit: .max)
        let names = Set(stored.map { String(decoding: $0.stanza, as: UTF8.self) })
        #expect(acknowledged.subtracting(names).isEmpty)
        let verdict = try await database.read { (session) throws(StorageError) in
            try session.query("PRAGMA integrity_check") { (row) throws(StorageError) in
                try row.text(0)
            }
        }
        #expect(verdict == ["ok"])
        await database.close()
    }

    /// Kills a writing process after 300 acknowledgements and returns all that it gave.
    private func writeAndKill(_ file: String) async throws -> Set<String> {
        let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let probe = executable.deletingLastPathComponent().appendingPathComponent("storageprobe")
        let process = try ChildProcess(probe.path, ["write", file])
        var text: [UInt8] = []
        while text.count(where: { $0 == UInt8(ascii: "\n") }) < 300 {
            let some = process.readSome()
            guard !some.isEmpty else { break }
            text += some
        }
        process.signal(SIGKILL)
        text += process.readToEnd()
        #expect(process.wait() == .signal(SIGKILL))
        // A line that the kill cut off was not told.
        let lines = String(decoding: text, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        return Set(lines.dropLast().map(String.init))
    }
}
