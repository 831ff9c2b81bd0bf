import NIOPosix
import Synchronization

/// A few threads for what blocks on files, so that no loop has to.
///
/// A `Mutex` guards the pool.
final class DiskThreads: Sendable {
    /// `nil` while stopped: a pool that was stopped cannot be started again.
    private let pool = Mutex<NIOThreadPool?>(nil)

    func start() {
        pool.withLock { pool in
            guard pool == nil else { return }
            let fresh = NIOThreadPool(numberOfThreads: 4)
            fresh.start()
            pool = fresh
        }
    }

    /// Works that wait are dropped: their `then` gets `nil`.
    func stop() async {
        let stopped = pool.withLock { pool in
            defer { pool = nil }
            return pool
        }
        try? await stopped?.shutdownGracefully()
    }

    /// Does a work on a thread that may block, then goes on with its result on a loop.
    ///
    /// `then` gets `nil` when the threads have been stopped.
    func run<Value: Sendable>(
        for loop: HTTPLoop, _ work: @escaping @Sendable () -> Value,
        then: @escaping @Sendable (Value?) -> Void
    ) {
        guard let pool = pool.withLock({ $0 }) else {
            loop.execute { then(nil) }
            return
        }
        pool.submit { state in
            let value: Value? =
                switch state {
                case .active: work()
                case .cancelled: nil
                }
            loop.execute { then(value) }
        }
    }
}
