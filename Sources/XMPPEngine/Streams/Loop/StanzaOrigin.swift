import Synchronization
import XMPPCore

/// A stream that stanzas come from: what handles one may keep the next waiting.
package protocol StanzaOrigin: AnyObject, Sendable {
    /// Runs work that takes time; later stanzas of this stream wait for it (RFC 6120 §10.1).
    ///
    /// Called on the origin's loop only.
    func hold(_ work: @escaping @Sendable () async -> Void)
}

extension C2SSession: StanzaOrigin {}

/// Stands for streams that are not there: work starts at once and nothing waits.
package final class NoOrigin: StanzaOrigin {
    package static let shared = NoOrigin()

    package func hold(_ work: @escaping @Sendable () async -> Void) {
        Task { await work() }
    }
}

/// Stands for a stream that has ended and left stanzas: the work for one waits for that before it.
///
/// Guarded by a `Mutex`. Holds no more than the stream had.
package final class EndedOrigin: StanzaOrigin {
    private let last = Mutex<Task<Void, Never>?>(nil)

    package init() {}

    package func hold(_ work: @escaping @Sendable () async -> Void) {
        last.withLock { last in
            last = Task { [previous = last] in
                await previous?.value
                await work()
            }
        }
    }
}
