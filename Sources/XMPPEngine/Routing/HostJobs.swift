import Synchronization

/// What the modules of one host do from time to time.
///
/// A `Mutex` guards the list.
package final class HostJobs: Sendable {
    private let tasks = Mutex<[String: [Task<Void, Never>]]>([:])

    init() {}

    /// Does a work now, and again each time that `pause` has passed since it was done.
    package func attach(
        _ owner: String, every pause: Duration, _ work: @escaping @Sendable () async -> Void
    ) {
        let task = Task {
            while !Task.isCancelled {
                await work()
                guard (try? await Task.sleep(for: pause)) != nil else { return }
            }
        }
        tasks.withLock { $0[owner, default: []].append(task) }
    }

    package func detach(_ owner: String) {
        let ended = tasks.withLock { $0.removeValue(forKey: owner) } ?? []
        for task in ended { task.cancel() }
    }

    /// Ends all jobs, as when their host goes.
    package func detachAll() {
        let ended = tasks.withLock { tasks in
            defer { tasks = [:] }
            return tasks.values.flatMap { $0 }
        }
        for task in ended { task.cancel() }
    }
}
