import Glibc
import Synchronization

/// A file with one line for each answer, in the combined format of web servers.
///
/// Lines are collected behind a lock and written by a thread of their own, so a slow disk does not
/// hold a loop up. When the disk falls behind by more than `waitingBytesMax`, lines are dropped.
package final class AccessLog: @unchecked Sendable {
    // Sendable because what several threads touch is in `state`, behind its lock.

    private struct State {
        var waiting: [UInt8] = []
        var droppedCount = 0
        var mustReopen = false
        var isClosed = false
    }

    /// Bytes that may wait for the disk.
    package static let waitingBytesMax = 1 << 20
    private let path: String
    private let state = Mutex(State())
    private let condition = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let finished = LoopGate()

    /// - Throws: `HTTPServerError.resources` when the file cannot be opened.
    package init(path: String) throws(HTTPServerError) {
        self.path = path
        sem_init(condition, 0, 0)
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { throw .resources("open \(path)", errno: errno) }
        let context = Unmanaged.passRetained(Start(log: self, descriptor: descriptor)).toOpaque()
        var id = pthread_t()
        let failure = pthread_create(
            &id, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                start.log.run(start.descriptor)
                return nil
            }, context)
        guard failure == 0 else {
            Unmanaged<Start>.fromOpaque(context).release()
            Glibc.close(descriptor)
            throw .resources("pthread_create", errno: failure)
        }
        pthread_detach(id)
    }

    deinit {
        sem_destroy(condition)
        condition.deallocate()
    }

    private final class Start {
        let log: AccessLog
        let descriptor: Int32

        init(log: AccessLog, descriptor: Int32) {
            self.log = log
            self.descriptor = descriptor
        }
    }

    /// Lines that were dropped since the start.
    package var droppedCount: Int { state.withLock { $0.droppedCount } }

    /// Opens the file anew, as after its rotation.
    package func reopen() {
        state.withLock { $0.mustReopen = true }
        sem_post(condition)
    }

    /// Writes what waits and closes the file; blocks until that is done.
    package func close() {
        state.withLock { $0.isClosed = true }
        sem_post(condition)
        finished.wait()
    }

    func write(_ exchange: Exchange) {
        let line = AccessLine(exchange).bytes
        let isFirst = state.withLock { state in
            guard !state.isClosed, state.waiting.count + line.count <= Self.waitingBytesMax else {
                state.droppedCount += 1
                return false
            }
            defer { state.waiting.append(contentsOf: line) }
            return state.waiting.isEmpty
        }
        if isFirst { sem_post(condition) }
    }

    private static func open(_ path: String) -> Int32 {
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    }

    private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        Glibc.open(path, flags, mode)
    }

    private func run(_ first: Int32) {
        var descriptor = first
        var isOpen = true
        while isOpen {
            sem_wait(condition)
            let (lines, mustReopen, isClosed) = state.withLock { state in
                defer {
                    state.waiting.removeAll()
                    state.mustReopen = false
                }
                return (state.waiting, state.mustReopen, state.isClosed)
            }
            Self.write(lines, to: descriptor)
            if mustReopen {
                let next = Self.open(path)
                if next >= 0 {
                    Glibc.close(descriptor)
                    descriptor = next
                }
            }
            isOpen = !isClosed
        }
        Glibc.close(descriptor)
        finished.open()
    }

    private static func write(_ lines: [UInt8], to descriptor: Int32) {
        var written = 0
        while written < lines.count {
            let count = lines.withUnsafeBytes { bytes in
                Glibc.write(
                    descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            guard count > 0 || errno == EINTR else { return }
            written += max(0, count)
        }
    }
}
