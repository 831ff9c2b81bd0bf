import Logging
import Synchronization
import XMPPStorage

/// One line of the log.
package struct LogLine: Hashable, Sendable {
    /// Grows by one with each line.
    package let id: Int
    package let time: Timestamp
    package let level: Logger.Level
    /// Which part speaks, such as `martlet.c2s`.
    package let label: String
    package let message: String
    /// Facts by name, in the order of the names.
    package let facts: [Fact]

    /// A named fact.
    package struct Fact: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    /// Message and facts as people read them.
    package var text: String {
        facts.reduce(message) { $0 + " \($1.name)=\($1.value)" }
    }
}

/// The last lines of the log in memory, and the level from which lines are written at all.
///
/// A `Mutex` guards the ring; the level is atomic.
package final class LogRing: Sendable {
    private struct State {
        var lines: [LogLine] = []
        var oldest = 0
        var nextID = 1
    }

    /// Most bytes of a message, and of each fact; what is longer is cut.
    private static let textMax = 1024
    private static let factsMax = 16

    private let capacity: Int
    private let state = Mutex(State())
    private let threshold: Atomic<Int>

    /// Keeps the last so many lines.
    package init(capacity: Int = 1000, level: Logger.Level = .info) {
        self.capacity = max(1, capacity)
        threshold = Atomic(level.rank)
    }

    /// Lines below this level are not written anywhere; may be changed at any time.
    package var level: Logger.Level {
        get {
            let levels = Logger.Level.allCases
            return levels[min(threshold.load(ordering: .relaxed), levels.count - 1)]
        }
        set { threshold.store(newValue.rank, ordering: .relaxed) }
    }

    /// Keeps a line.
    package func append(
        _ level: Logger.Level, label: String, _ message: String, _ metadata: Logger.Metadata = [:],
        at time: Timestamp = .now()
    ) {
        let facts = metadata.sorted { $0.key < $1.key }.prefix(Self.factsMax)
            .map { LogLine.Fact(name: $0.key, value: Self.cut("\($0.value)")) }
        let message = Self.cut(message)
        state.withLock { state in
            let line = LogLine(
                id: state.nextID, time: time, level: level, label: label, message: message,
                facts: facts)
            state.nextID += 1
            if state.lines.count < capacity {
                state.lines.append(line)
            } else {
                state.lines[state.oldest] = line
                state.oldest = (state.oldest + 1) % capacity
            }
        }
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= textMax ? text : text.prefix(textMax / 4) + "…"
    }

    /// The lines, oldest first.
    ///
    /// - Parameters:
    ///   - least: The lowest level to show.
    ///   - id: Only lines after this one, for a tail that goes on.
    ///   - text: Only lines that have it in their label or text.
    ///   - last: The newest so many of those.
    /// - Returns: Them.
    package func lines(
        atLeast least: Logger.Level = .trace, after id: Int = 0, containing text: String = "",
        last: Int = 200
    ) -> [LogLine] {
        let all = state.withLock { $0.lines[$0.oldest...] + $0.lines[..<$0.oldest] }
        let found = all.filter { line in
            line.level >= least && line.id > id
                && (text.isEmpty || line.label.contains(text) || line.text.contains(text))
        }
        return Array(found.suffix(max(0, last)))
    }
}

extension Logger.Level {
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
