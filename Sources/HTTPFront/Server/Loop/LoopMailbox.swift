import CMicroHTTPD
import Glibc
import Synchronization

/// What other threads ask a loop to do, in order; wakes the loop only when it sleeps.
final class LoopMailbox: Sendable {
    private struct State {
        var letters: [@Sendable () -> Void] = []
        var isAsleep = false
        var isClosed = false
    }

    /// An eventfd(2): readable when the loop was asleep as a letter came.
    let descriptor: Int32
    private let state = Mutex(State())

    init() throws(HTTPServerError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .resources("eventfd", errno: errno) }
    }

    deinit {
        Glibc.close(descriptor)
    }

    func append(_ letter: @escaping @Sendable () -> Void) {
        let mustWake = state.withLock { state in
            guard !state.isClosed else { return false }
            state.letters.append(letter)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake { eventfd_write(descriptor, 1) }
    }

    /// From now on a letter wakes the loop; true when letters wait already.
    func prepareToSleep() -> Bool {
        state.withLock { state in
            guard state.letters.isEmpty else { return true }
            state.isAsleep = true
            return false
        }
    }

    func clearWakeUp() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    /// Runs the letters that wait; those they add are left for the next turn.
    func drain() {
        let letters = state.withLock { state in
            state.isAsleep = false
            defer { state.letters.removeAll() }
            return state.letters
        }
        for letter in letters { letter() }
    }

    /// Drops what waits and what will come.
    func close() {
        let dropped = state.withLock { state in
            state.isClosed = true
            defer { state.letters = [] }
            return state.letters
        }
        withExtendedLifetime(dropped) {}
    }
}

/// Opens once; lets a thread wait for it.
final class LoopGate: @unchecked Sendable {
    // Sendable because a POSIX semaphore is made for use from several threads.
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func open() {
        sem_post(semaphore)
    }

    /// Blocks until `open`; every later call returns at once.
    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
        sem_post(semaphore)
    }
}
