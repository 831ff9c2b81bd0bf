import XMPPCore

/// Keeps what a bound session sends until its client has it, and says whether the session outlives
/// its connection (XEP-0198 §4–5).
///
/// Called on the loop of the session's stream only. It goes to another loop with the session, and
/// is not called on the former any more then.
package protocol SessionKeeper: AnyObject, Sendable {
    /// A stanza goes to the client now, or would if there were a connection.
    ///
    /// - Returns: `false` when it is one too many to keep: the session ends, and the stanza is
    ///   given back after those that are kept.
    func sent(_ stanza: Stanza) -> Bool
    /// Bytes of the stanzas that it keeps (`Stanza.footprint`); asked at each while the session is
    /// held.
    var keptBytes: Int { get }
    /// The next stanza of the client is being dealt with.
    func received()
    /// The connection is lost: what becomes of the session.
    func lost() -> OnConnectionLost
    /// Hands out what the client may not have, in the order in which it was sent; keeps nothing
    /// afterwards.
    ///
    /// Called once, when the session ends: these stanzas are given back.
    func takeAll() -> [Stanza]
}

/// What becomes of a session whose connection is lost.
package enum OnConnectionLost: Sendable, Equatable {
    case end
    /// It stays bound for so many seconds, 1 at least, unless another stream takes it over before.
    case hold(seconds: Int)
}

/// Why a stream cannot go on with a session.
package enum ResumptionFailure: Error, Equatable {
    /// The session has ended, or nothing keeps what it sends.
    case gone
    /// It is of another account, or the stream may not have it, or is not about to be bound.
    case refused
}

/// What a session has that something keeps.
///
/// Guarded by the loop of the session.
final class KeptSession {
    let keeper: any SessionKeeper
    /// Ends the session that is held.
    var holdTimer: CoarseTimers.Token?
    /// What it takes while it is held.
    var share: HeldShare?
    /// Streams that wait for the session, in the order in which they came.
    private(set) var claims: [SessionClaim] = []

    /// Streams that may wait for one session.
    private static let claimsMax = 16

    init(_ keeper: any SessionKeeper) { self.keeper = keeper }

    func add(_ claim: SessionClaim) {
        guard claims.count < Self.claimsMax else { return claim.fail(.gone) }
        claims.append(claim)
    }

    /// Is not held any more, and hands the claims out, as when the session goes.
    func takeClaims(stoppingTimersOf loop: StreamLoop) -> [SessionClaim] {
        if let holdTimer { loop.timers.cancel(holdTimer) }
        holdTimer = nil
        share = nil
        defer { claims = [] }
        return claims
    }
}
