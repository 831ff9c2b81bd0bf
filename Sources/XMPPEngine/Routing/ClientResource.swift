import Synchronization
import XMPPCore

/// A bound session as the rest of the host sees it (RFC 6121 §1.3: a connected resource).
///
/// It stays the same when another stream takes the session over. Only then does asking for its
/// stream need a lock.
package final class ClientResource: Sendable {
    package let jid: FullJID
    /// Seconds since 1970 when it was bound.
    package let boundAt: Int
    /// Whether its account was made for this login and ends with it (XEP-0175).
    package let isAnonymous: Bool
    /// The stream that bound it.
    private let first: C2SSession
    /// Whether another stream has taken it over since.
    private let hasMoved = Atomic(false)
    private let place: Mutex<Whereabouts>

    /// Where the session is; a `Mutex` guards it.
    private struct Whereabouts: Sendable {
        /// The stream that has it now; `nil` while that is the first.
        var session: C2SSession?
        var transport: TransportClass
        /// Seconds since 1970 when its connection was lost; `nil` while there is one.
        var heldSince: Int?
    }

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

    /// To be called on the loop of `session`, which has logged in.
    init(session: C2SSession, jid: FullJID, boundAt: Int) {
        first = session
        self.jid = jid
        self.boundAt = boundAt
        isAnonymous = session.isAnonymous
        place = Mutex(Whereabouts(transport: session.transportClass))
    }

    // MARK: where it is

    /// The stream that has the session now.
    package var session: C2SSession {
        guard hasMoved.load(ordering: .acquiring) else { return first }
        return place.withLock { $0.session } ?? first
    }

    /// How it reaches the server, or did last.
    package var transport: TransportClass { place.withLock { $0.transport } }

    /// Seconds since 1970 when its connection was lost; `nil` while there is one.
    package var heldSince: Int? { place.withLock { $0.heldSince } }

    func hold(since second: Int) { place.withLock { $0.heldSince = second } }

    /// - Returns: Whether it was held.
    func release(to transport: TransportClass? = nil) -> Bool {
        place.withLock { place in
            defer { place.heldSince = nil }
            if let transport { place.transport = transport }
            return place.heldSince != nil
        }
    }

    /// Lets another stream have the session; called on the loop of the present one, between turns.
    ///
    /// Whoever hears meanwhile that the present one has moved waits until `hand` is done.
    ///
    /// - Parameters:
    ///   - heir: The other stream.
    ///   - hand: Is given the stanzas that wait for the session, and posts them to the heir's loop
    ///     before anything else comes there.
    func move(to heir: C2SSession, hand: ([Stanza]) -> Void) {
        place.withLock { place in
            let present = place.session ?? first
            hand(present.loop.withdraw(present))
            place.session = heir
            hasMoved.store(true, ordering: .releasing)
        }
    }

    /// Runs work on the loop of the stream that has the session by then.
    package func onStream(_ work: @escaping @Sendable (C2SSession) -> Void) {
        let session = session
        session.loop.execute {
            guard !session.hasMoved else { return self.onStream(work) }
            work(session)
        }
    }

    /// Runs work on that loop, and waits for what it brings.
    func onLoop<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            onStream { _ in continuation.resume(returning: work()) }
        }
    }

    // MARK: presence

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
        var session = session
        while true {
            switch session.loop.deliver(stanza, to: session) {
            case .taken: return true
            case .refused: return false
            case .moved: session = place.withLock { $0.session } ?? first
            }
        }
    }

    /// Brings stanzas to the client, all of them or none.
    ///
    /// - Returns: False when the session is over: nobody has got them.
    package func deliverAll(_ stanzas: [Stanza]) async -> Bool {
        await withCheckedContinuation { answer in
            onStream { session in
                guard !session.isOver else { return answer.resume(returning: false) }
                for stanza in stanzas { session.deliver(stanza) }
                answer.resume(returning: true)
            }
        }
    }

    /// Waits until the client has taken what was sent to it, or the session is over.
    package func caughtUp() async {
        await withCheckedContinuation { answer in
            onStream { self.lookAgain(on: $0) { answer.resume() } }
        }
    }

    /// Not at once: what was just sent leaves at the end of the loop's turn.
    private func lookAgain(on session: C2SSession, _ done: @escaping @Sendable () -> Void) {
        session.loop.schedule(afterMilliseconds: 50) {
            if session.hasMoved {
                self.onStream { self.lookAgain(on: $0, done) }
            } else if session.isOver || !session.isBehind {
                done()
            } else {
                self.lookAgain(on: session, done)
            }
        }
    }
}
