import XMPPCore

/// A stream that wants to go on with the session of another.
package struct SessionClaim: Sendable {
    package typealias Answer = Result<any SessionKeeper, ResumptionFailure>

    /// The stream: authenticated, not bound, parked until it has its answer.
    package let heir: C2SSession
    /// How statistics count the heir.
    package let transportClass: TransportClass

    /// Tells the heir that it does not get the session.
    package func fail(_ failure: ResumptionFailure) {
        let heir = heir
        heir.loop.execute { heir.remainsUnbound(failure) }
    }

    /// Hands the session to the heir, with the stanzas that were on their way to its former loop.
    package func succeed(_ handed: HandedSession, waiting: [Stanza]) {
        let heir = heir
        heir.loop.execute { heir.takeOver(handed, waiting: waiting) }
    }
}

/// What goes from a session's former stream to its next.
package struct HandedSession: Sendable {
    let jid: FullJID
    let isAnonymous: Bool
    let keeper: any SessionKeeper
    /// What the layer that bound the session keeps about it.
    let binding: any AnyObject & Sendable
}

/// What a stream has that waits for another's session.
///
/// Guarded by the loop of the stream.
final class AwaitedSession {
    /// How the stream ended while it waited.
    enum End {
        case lost
        case ended(StreamError?)
    }

    let answer: @Sendable (SessionClaim.Answer) -> Void
    private(set) var end: End?

    init(answer: @escaping @Sendable (SessionClaim.Answer) -> Void) { self.answer = answer }

    /// The first end counts.
    func ends(_ end: End) {
        if self.end == nil { self.end = end }
    }
}
