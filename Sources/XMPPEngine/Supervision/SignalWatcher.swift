import Glibc
import Synchronization

/// What the operating system asks the server to do.
package enum ProcessSignal: Hashable, Sendable {
    /// SIGTERM or SIGINT: finish and leave.
    case drain
    /// SIGHUP: read the configuration again.
    case reload
}

/// Hands signals of the process to a closure, on a thread of its own.
///
/// One per process: a signal handler writes into a pipe that a thread reads. SIGPIPE is ignored.
/// Guarded by an atomic: the pipe's end that the handler writes to.
package enum SignalWatcher {
    private static let pipeEnd = Atomic<Int32>(-1)
    private static let watched = [SIGTERM, SIGINT, SIGHUP]

    /// The watcher as a supervised child.
    ///
    /// `handle` is called for every signal, the second SIGTERM included; it must not wait.
    package static func child(
        _ id: String = "signals", handle: @escaping @Sendable (ProcessSignal) -> Void
    ) -> ChildSpec {
        ChildSpec(id) {
            let pipe = try start(handle)
            return RunningChild(stop: { stop(writing: pipe) })
        }
    }

    private static func start(
        _ handle: @escaping @Sendable (ProcessSignal) -> Void
    ) throws(SystemCallError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemCallError("pipe") }
        let (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A full pipe must not hold up the handler.
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        let (isFree, _) = pipeEnd.compareExchange(
            expected: -1, desired: writing, ordering: .sequentiallyConsistent)
        guard isFree else {
            close(reading)
            close(writing)
            throw SystemCallError("signals are watched already", code: EBUSY)
        }
        guard BlockingThread.start("signals", { read(from: reading, handle) }) else {
            pipeEnd.store(-1, ordering: .sequentiallyConsistent)
            close(reading)
            close(writing)
            throw SystemCallError("pthread_create", code: EAGAIN)
        }
        signal(SIGPIPE, SIG_IGN)
        for number in watched { install(number) }
        return writing
    }

    private static func stop(writing: Int32) {
        for number in watched { signal(number, SIG_DFL) }
        pipeEnd.store(-1, ordering: .sequentiallyConsistent)
        close(writing)
    }

    private static func install(_ number: Int32) {
        var action = sigaction()
        // Only calls that are allowed in a handler (signal-safety(7)): a load and a write.
        action.__sigaction_handler.sa_handler = { number in
            let kept = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(SignalWatcher.pipeEnd.load(ordering: .relaxed), &byte, 1)
            errno = kept
        }
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }

    /// Reads signal numbers until the writing end is closed.
    private static func read(
        from reading: Int32, _ handle: @Sendable (ProcessSignal) -> Void
    ) {
        defer { close(reading) }
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(reading, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return }
            switch Int32(byte) {
            case SIGTERM, SIGINT: handle(.drain)
            case SIGHUP: handle(.reload)
            default: continue
            }
        }
    }
}
