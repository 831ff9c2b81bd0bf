import NIOPosix

/// A few threads for what blocks on files, so that no loop has to.
final class DiskThreads: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 4)

    func start() {
        pool.start()
    }

    /// Works that wait are dropped: their `then` gets `nil`.
    func stop() async {
        try? await pool.shutdownGracefully()
    }

    /// Does a work on a thread that may block, then goes on with its result on a loop.
    ///
    /// `then` gets `nil` when the threads have been stopped.
    func run<Value: Sendable>(
        for loop: HTTPLoop, _ work: @escaping @Sendable () -> Value,
        then: @escaping @Sendable (Value?) -> Void
    ) {
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
