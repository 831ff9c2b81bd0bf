import Synchronization
import XMPPCore

/// A bound session as the rest of the host sees it (RFC 6121 §1.3: a connected resource).
package final class ClientResource: Sendable {
    package let session: C2SSession
    package let jid: FullJID
    /// Seconds since 1970 when it was bound.
    package let boundAt: Int
    /// How it reaches the server.
    package let transport: TransportClass

    /// What its presence says; a `Mutex` guards it.
    package struct Presence: Sendable {
        /// The last presence without type and `to`; `nil` while not available.
        package var available: Stanza?
        /// −128…127; of no meaning while not available.
        package var priority: Int8 = 0
        /// Text of the last `unavailable` presence; empty when it had none.
        package var lastStatus = ""
        /// Whether it asked for the roster (RFC 6121 §2.2): pushes go to it.
        package var isInterested = false
        /// Entities that got directed presence and must hear when it ends (RFC 6121 §4.6).
        package var directed: Set<JID> = []
        /// Whether the session is over: it must not become available any more.
        package var hasEnded = false
        /// Whether its loop sends its presence out at this moment; an end waits for that.
        package var isBroadcasting = false
    }

    private let state = Mutex(Presence())

    /// Most entities that directed presence is remembered for.
    package static let directedMax = 1000

    init(session: C2SSession, jid: FullJID, boundAt: Int) {
        self.session = session
        self.jid = jid
        self.boundAt = boundAt
        transport = session.transportClass
    }

    package var presence: Presence { state.withLock { $0 } }

    package func update<R: Sendable>(_ change: (inout Presence) -> R) -> R {
        state.withLock { change(&$0) }
    }

    package var isAvailable: Bool { state.withLock { $0.available != nil } }

    /// The priority of an available resource; `nil` while it is not available.
    package var priority: Int8? {
        state.withLock { $0.available == nil ? nil : $0.priority }
    }

    /// Brings a stanza to the client; `false` when its loop cannot take more.
    @discardableResult
    package func deliver(_ stanza: Stanza) -> Bool {
        session.loop.deliver(stanza, to: session)
    }

    /// Brings stanzas to the client, all of them or none.
    ///
    /// - Returns: False when the session is over: nobody has got them.
    package func deliverAll(_ stanzas: [Stanza]) async -> Bool {
        await withCheckedContinuation { answer in
            session.loop.execute { [session] in
                guard !session.isOver else { return answer.resume(returning: false) }
                for stanza in stanzas { session.deliver(stanza) }
                answer.resume(returning: true)
            }
        }
    }

    /// Waits until the client has taken what was sent to it, or the session is over.
    package func caughtUp() async {
        await withCheckedContinuation { answer in
            session.loop.execute { self.lookAgain { answer.resume() } }
        }
    }

    /// Not at once: what was just sent leaves at the end of the loop's turn.
    private func lookAgain(_ done: @escaping @Sendable () -> Void) {
        session.loop.schedule(afterMilliseconds: 50) { [self] in
            if session.isOver || !session.isBehind { done() } else { lookAgain(done) }
        }
    }
}
