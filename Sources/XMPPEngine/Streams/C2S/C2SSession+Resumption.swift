import XMPPCore

/// A stream goes on with the session of another (XEP-0198 §5).
///
/// The session moves between two turns of its loop, when nothing of its client is being dealt with.
extension C2SSession {
    /// The account that has logged in, until its session is bound.
    package var unboundAccount: BareJID? { machine.unboundAccount }

    /// Waits for the session of another stream; until the answer nothing of the client is read.
    ///
    /// - Returns: What to ask the other stream with; `nil` when this one is over, bound, or waits
    ///   already.
    package func claim(
        answer: @escaping @Sendable (SessionClaim.Answer) -> Void
    ) -> SessionClaim? {
        guard !isEnded, transport != nil, unboundAccount != nil, awaited == nil else { return nil }
        awaited = AwaitedSession(answer: answer)
        park()
        return SessionClaim(heir: self, transportClass: transportClass)
    }

    // MARK: the former stream

    /// Gives the session up to another stream; a connection that is still there ends with
    /// `conflict`.
    package func give(to claim: SessionClaim) {
        guard !isEnded, isEstablished, let kept else { return claim.fail(.gone) }
        kept.add(claim)
        disconnect(StreamError(.conflict, "another connection has taken the session over"))
        endPauses()
        handOver()
    }

    /// Hands the session over if it is wanted and nothing of its client is being dealt with.
    func handOver() {
        guard isReadyToMove else { return }
        loop.betweenTurns { self.move() }
    }

    private var isReadyToMove: Bool {
        guard let kept, !kept.claims.isEmpty else { return false }
        return !isEnded && parkings == 0 && backlog.isEmpty
    }

    private func move() {
        guard isReadyToMove, let kept, let host, let fullJID, let binding else { return }
        let claims = kept.claims
        let handed = HandedSession(
            jid: fullJID, isAnonymous: isAnonymous, keeper: kept.keeper, binding: binding)
        guard host.move(self, handed, to: claims) else {
            // It is about to be ended; who waits hears it then at the latest.
            for claim in kept.takeClaims(stoppingTimersOf: loop) { claim.fail(.gone) }
            return end(nil)
        }
        _ = kept.takeClaims(stoppingTimersOf: loop)
        self.kept = nil
        self.binding = nil
        isEnded = true
        machine.closed()
    }

    // MARK: the next stream

    /// The stream ends while it waits; what becomes of the session is decided when it is here.
    func end(_ error: StreamError?, awaiting awaited: AwaitedSession) {
        awaited.ends(.ended(error))
        if error != nil, transport != nil { loop.counters.add(.streamsFailed(transportClass)) }
        disconnect(error)
    }

    /// The other stream has ended, or does not give its session away.
    func remainsUnbound(_ failure: ResumptionFailure) {
        guard let awaited else { return }
        self.awaited = nil
        awaited.answer(.failure(failure))
        switch awaited.end {
        case nil: unpark()
        case .lost: end(nil)
        case .ended(let error): end(error)
        }
    }

    /// The session is this stream's now: what follows for its client comes here.
    func takeOver(_ handed: HandedSession, waiting: [Stanza]) {
        guard let awaited, let host else { return }
        self.awaited = nil
        binding = handed.binding
        isAnonymous = handed.isAnonymous
        guard adopt(handed.jid) else {
            isEnded = true
            return host.ended(self, leaving: handed.keeper.takeAll() + waiting) {
                disconnect(StreamError(.internalServerError))
            }
        }
        kept = KeptSession(handed.keeper)
        awaited.answer(.success(handed.keeper))
        for stanza in waiting { deliver(stanza) }
        host.resumed(self)
        switch awaited.end {
        case nil: unpark()
        case .lost: leaveParking(lose)
        case .ended(let error):
            let isLoss = error?.condition == .connectionTimeout
            leaveParking { isLoss ? lose() : end(error) }
        }
    }

    /// Ends the waiting of a stream that has no connection any more.
    private func leaveParking(_ next: () -> Void) {
        guard !isEnded else { return }
        next()
        unpark()
    }
}
