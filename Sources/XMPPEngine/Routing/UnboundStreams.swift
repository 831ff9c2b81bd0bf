import Synchronization
import XMPPCore

/// The streams of one host that are open and have no session yet.
///
/// Guarded by a `Mutex`.
final class UnboundStreams: Sendable {
    /// `nil` once the host is not served any more.
    private let streams = Mutex<[ObjectIdentifier: C2SSession]?>([:])

    init() {}

    /// - Returns: `false` when the host is not served any more.
    func add(_ stream: C2SSession) -> Bool {
        streams.withLock { streams in
            guard streams != nil else { return false }
            streams?[ObjectIdentifier(stream)] = stream
            return true
        }
    }

    func remove(_ stream: C2SSession) {
        streams.withLock { $0?[ObjectIdentifier(stream)] = nil }
    }

    /// Whether the host is not served any more.
    var areGone: Bool { streams.withLock { $0 == nil } }

    var count: Int { streams.withLock { $0?.count ?? 0 } }

    /// Ends those that have logged in to an account, or are about to.
    func end(of account: BareJID, _ error: StreamError) {
        let open = streams.withLock { $0.map { Array($0.values) } ?? [] }
        for stream in open { stream.loop.execute { stream.accountEnded(account, error) } }
    }

    /// Ends them all with an error; no other comes in.
    func end(_ error: StreamError) {
        let ending = streams.withLock { streams in
            defer { streams = nil }
            return streams.map { Array($0.values) } ?? []
        }
        for stream in ending { stream.loop.execute { stream.fail(error) } }
    }
}
