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
