import Glibc
import XMPPCore
import XMPPStorage

/// A process of its own around a database: to be killed while it writes, and to be measured.
///
///     storageprobe write FILE          prints the number of each acknowledged write, without end
///     storageprobe measure DIRECTORY   prints rates of writes, reads and pages
@main
struct Probe {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count == 2, let verb = arguments.first, let path = arguments.last else {
            fail("storageprobe write FILE | measure DIRECTORY")
        }
        do throws(StorageError) {
            switch verb {
            case "write": try await write(to: path)
            case "measure": try await Measurement.run(in: path)
            default: fail("unknown verb \(verb)")
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Keeps 16 callers appending; each tells of its write only after it was acknowledged.
    private static func write(to path: String) async throws(StorageError) {
        let database = SQLiteDatabase(SQLiteConfiguration(path: path))
        try await database.open()
        let messages = Stores(database: database).offlineMessages
        guard let account = BareJID("romeo@example.com") else { return }
        await withTaskGroup { group in
            for writer in 0..<16 {
                group.addTask { await append(by: writer, for: account, to: messages) }
            }
        }
    }

    private static func append(
        by writer: Int, for account: BareJID, to messages: any OfflineMessageStore
    ) async {
        for number in 0..<Int.max {
            let name = "\(getpid())-\(writer)-\(number)"
            let answer = try? await messages.append(
                Array(name.utf8), for: account, storedAt: .now(), expiresAt: nil,
                messagesMax: .max)
            guard case .stored = answer else { fail("a write was refused") }
            say(name + "\n")
        }
    }

    /// Writes at once, past any buffer that a kill would empty.
    private static func say(_ text: String) {
        var text = text
        let written = text.withUTF8 { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if written < 0 { exit(1) }
    }

    private static func fail(_ text: String) -> Never {
        var text = text + "\n"
        _ = text.withUTF8 { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(1)
    }
}
