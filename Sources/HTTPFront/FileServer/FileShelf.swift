import Synchronization

/// Small files and folders that were asked for lately, so that they need not be opened and read
/// for each request.
///
/// Whoever takes one off the shelf compares its status with that of the file the name leads to
/// now: a change is seen at once. A status does not tell of a second change within one tick of the
/// file system's clock, so what changed in this or the last second is not kept. Nor would it tell
/// of every change through a memory mapping, so nothing is kept longer than a second.
///
/// A `Mutex` guards it, held for a look-up.
final class FileShelf: Sendable {
    private struct Entry {
        let file: OpenFile
        /// In milliseconds of the loops' clock.
        let keptUntil: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var bytes = 0
    }

    static let entriesMax = 256
    static let bytesMax = 1 << 20
    static let keptMilliseconds: UInt64 = 1000

    private let state = Mutex(State())
    private let clock: @Sendable () -> Int64

    init(clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
    }

    /// What was put there under that name and is not too old.
    func file(_ path: String, now: UInt64) -> OpenFile? {
        guard let entry = state.withLock({ $0.entries[path] }), now < entry.keptUntil else {
            return nil
        }
        return entry.file
    }

    /// Keeps what fits; when it is full, all else goes.
    func put(_ file: OpenFile, _ path: String, now: UInt64) {
        guard let size = file.bytesInMemory, file.status.changed.seconds < clock() - 1 else {
            return
        }
        let entry = Entry(file: file, keptUntil: now + Self.keptMilliseconds)
        let cost = size + path.utf8.count
        state.withLock { state in
            let replaced = state.entries.removeValue(forKey: path)
            state.bytes -= replaced.map { ($0.file.bytesInMemory ?? 0) + path.utf8.count } ?? 0
            if state.entries.count >= Self.entriesMax || state.bytes + cost > Self.bytesMax {
                state = State()
            }
            state.entries[path] = entry
            state.bytes += cost
        }
    }
}
