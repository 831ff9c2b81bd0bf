import Glibc
import Synchronization

/// A thread for blocking work.
final class WorkerThread: Sendable {
    private enum Life {
        case running(waiting: [CheckedContinuation<Void, Never>])
        case ended
    }

    private let body: @Sendable () -> Void
    private let life = Mutex(Life.running(waiting: []))

    private init(body: @escaping @Sendable () -> Void) { self.body = body }

    /// Starts a thread that ends with `body`; throws when the system has none left.
    static func start(_ body: @escaping @Sendable () -> Void) throws(StorageError) -> WorkerThread {
        let worker = WorkerThread(body: body)
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(worker)
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<WorkerThread>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, retained.toOpaque())
        guard code == 0 else {
            retained.release()
            throw .unavailable("no thread: \(String(cString: strerror(code)))")
        }
        pthread_detach(thread)
        return worker
    }

    /// Returns when the thread has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = life.withLock { life in
                switch life {
                case .running(let waiting):
                    life = .running(waiting: waiting + [continuation])
                    return false
                case .ended:
                    return true
                }
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func run() {
        body()
        let waiting = life.withLock { life in
            defer { life = .ended }
            guard case .running(let waiting) = life else {
                return [CheckedContinuation<Void, Never>]()
            }
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
