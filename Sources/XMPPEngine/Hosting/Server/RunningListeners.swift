import Synchronization
import XMPPConfig

/// The listeners that accept now, by what they are called in the supervision tree.
///
/// Guarded by a `Mutex`.
package final class RunningListeners: Sendable {
    private let listeners = Mutex<[String: RunningListener]>([:])

    package init() {}

    /// Notes one that has started, in place of its forerunner.
    func add(_ listener: RunningListener, as id: String) {
        listeners.withLock { $0[id] = listener }
    }

    func remove(_ id: String) {
        listeners.withLock { $0[id] = nil }
    }

    /// One that accepts; `nil` while it does not.
    package subscript(_ listener: ListenerConfiguration) -> RunningListener? {
        listeners.withLock { $0[listener.identity.description] }
    }
}
