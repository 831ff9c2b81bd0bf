import Testing

@Suite("What the server does without")
struct BannedCallTests {
    private struct Ban: Sendable {
        let text: Substring
        let instead: String
        /// Folders that may.
        var exempt: Set<Substring> = []
    }

    private static let bans = [
        Ban(
            text: "try!", instead: "throw, or turn the failure into a value: peers must not trap us"
        ),
        Ban(text: "as!", instead: "use as? and say what happens otherwise"),
        Ban(text: "fatalError(", instead: "throw, or end the stream with an error"),
        Ban(
            text: "import Foundation",
            instead: "use Glibc and Synchronization: Foundation costs start-up time and memory"),
        Ban(
            text: "print(", instead: "use Logger; what the user is to read goes through Terminal",
            exempt: ["martletctl", "martletd"]),
        Ban(
            text: "DispatchQueue", instead: "use a loop, the worker threads or a Task",
            exempt: []),
        Ban(text: "package import", instead: "write import without an access level"),
    ]

    @Test("No banned call stands in the sources", arguments: bans.indices)
    func bannedCalls(_ number: Int) {
        let ban = Self.bans[number]
        for file in Repository.sources where !ban.exempt.contains(file.folder) {
            for (index, line) in file.code.enumerated() where Self.line(line, has: ban.text) {
                Issue.record("\(file.place(index)): `\(ban.text)`: \(ban.instead)")
            }
        }
    }

    /// Whether the text is there and is no part of a longer name.
    private static func line(_ line: Substring, has text: Substring) -> Bool {
        guard let first = text.first, line.contains(first) else { return false }
        var previous: Character = " "
        for index in line.indices {
            let isStart = !previous.isLetter && previous != "_"
            previous = line[index]
            guard isStart, previous == first, line[index...].hasPrefix(text) else { continue }
            let next = line[index...].dropFirst(text.count).first
            // `import FoundationEssentials` is another module.
            if text.last?.isLetter != true || next?.isLetter != true { return true }
        }
        return false
    }
}
