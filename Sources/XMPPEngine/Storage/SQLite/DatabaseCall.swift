import Synchronization

/// A caller that waits for a database thread.
protocol DatabaseCall: AnyObject, Sendable {
    /// Runs the caller's statements; returns why they failed. The caller waits on.
    func perform(in session: any SQLSession) -> StorageError?
    /// Resumes the caller: with what `perform` came to, or with a failure.
    func finish(_ failure: StorageError?)
}

/// A call with its answer.
final class PendingCall<Value: Sendable>: DatabaseCall, @unchecked Sendable {
    // Sendable because the caller fills it before it is queued and only the thread that took it
    // touches it afterwards; the cancellation is atomic.
    typealias Body = @Sendable (any SQLSession) throws(StorageError) -> Value
    typealias Outcome = Result<Value, StorageError>

    private let body: Body
    private var continuation: CheckedContinuation<Outcome, Never>?
    private var outcome = Outcome.failure(.cancelled)
    private let isCancelled = Atomic(false)

    init(_ body: @escaping Body) { self.body = body }

    /// Waits in a queue for its turn.
    func answer(from queue: WorkQueue<any DatabaseCall>) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.continuation = continuation
                switch queue.put(self) {
                case .taken: break
                case .full: finish(.overloaded)
                case .closed: finish(.closed)
                }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
    }

    func perform(in session: any SQLSession) -> StorageError? {
        guard !isCancelled.load(ordering: .relaxed) else { return .cancelled }
        do throws(StorageError) {
            outcome = .success(try body(session))
            return nil
        } catch {
            return error
        }
    }

    func finish(_ failure: StorageError?) {
        let answer = failure.map(Outcome.failure) ?? outcome
        continuation?.resume(returning: answer)
        continuation = nil
    }
}

extension StorageError {
    static let closed = StorageError.unavailable("the database is closed")
}
