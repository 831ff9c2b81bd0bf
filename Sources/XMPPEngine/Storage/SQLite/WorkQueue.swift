import Glibc

/// A bounded queue between tasks that put and threads that take.
final class WorkQueue<Work: Sendable>: @unchecked Sendable {
    // Sendable because every access to `state` holds the pthread mutex.

    enum Answer: Equatable {
        case taken
        case full
        case closed
    }

    private struct State {
        var waiting: [Work] = []
        /// How many at the front of `waiting` are taken already.
        var head = 0
        var isClosed = false

        var count: Int { waiting.count - head }

        mutating func take(atMost limit: Int) -> [Work] {
            if head == 0, waiting.count <= limit {
                let all = waiting
                waiting = []
                return all
            }
            let taken = Array(waiting[head..<min(head + limit, waiting.count)])
            head += taken.count
            if head * 2 >= waiting.count {
                waiting.removeFirst(head)
                head = 0
            }
            return taken
        }
    }

    private let limit: Int
    private var state = State()
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(limit: Int) {
        self.limit = limit
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(hasWork, nil)
    }

    deinit {
        pthread_cond_destroy(hasWork)
        pthread_mutex_destroy(mutex)
        hasWork.deallocate()
        mutex.deallocate()
    }

    /// Puts work behind what waits; never blocks.
    func put(_ work: Work) -> Answer {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !state.isClosed else { return .closed }
        guard state.count < limit else { return .full }
        state.waiting.append(work)
        pthread_cond_signal(hasWork)
        return .taken
    }

    /// How much waits to be taken.
    var waitingCount: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return state.count
    }

    /// Waits for work and takes it, oldest first; empty when the queue is closed and drained.
    func take(atMost limit: Int) -> [Work] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while state.count == 0, !state.isClosed { pthread_cond_wait(hasWork, mutex) }
        return state.take(atMost: limit)
    }

    /// Refuses new work; what waits is still taken.
    func close() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        state.isClosed = true
        pthread_cond_broadcast(hasWork)
    }
}
