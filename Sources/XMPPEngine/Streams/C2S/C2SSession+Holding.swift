import XMPPCore

/// Sessions that outlive their connection, because something keeps what they send.
extension C2SSession {
    /// Lets a keeper watch what the session sends from now on, until its end.
    ///
    /// What was sent before and is still on its way is not given back if the session ends. To be
    /// called on the loop.
    ///
    /// - Returns: `false` when the session is not bound, is over or has a keeper already.
    package func keep(with keeper: any SessionKeeper) -> Bool {
        guard isEstablished, !isEnded, kept == nil else { return false }
        kept = KeptSession(keeper)
        return true
    }

    /// Whether it has no connection at the moment, and is not over.
    package var isHeld: Bool { transport == nil && !isEnded }

    /// - Returns: Whether the stanza is to be sent.
    func keep(_ stanza: Stanza, _ kept: KeptSession) -> Bool {
        guard !isEnded else { return true }
        guard kept.keeper.sent(stanza) else {
            end(StreamError(.resourceConstraint, "too much is kept for this client"))
            return true
        }
        if let share = kept.share, !share.follow(kept.keeper.keptBytes) {
            end(StreamError(.resourceConstraint, "too much waits for this client"))
            return false
        }
        return transport != nil
    }

    /// Sends a stanza that the keeper has already, as after a resumption.
    package func sendAgain(_ stanza: Stanza) {
        if let transport { write(stanza, to: transport) }
    }

    // MARK: loss

    /// Whether the session is held rather than ended by an error: one that says that the peer is
    /// not there any more.
    func survives(_ error: StreamError) -> Bool {
        guard error.condition == .connectionTimeout, kept != nil, transport != nil else {
            return false
        }
        loop.counters.add(.streamsFailed(transportClass))
        disconnect(error)
        lose()
        return true
    }

    /// The connection is lost: the keeper decides, and the host must agree.
    func lose() {
        guard let kept, case .hold(let seconds) = kept.keeper.lost(),
            let share = host?.held(self, keeping: kept.keeper.keptBytes)
        else { return end(nil) }
        kept.share = share
        kept.holdTimer = loop.schedule(afterSeconds: max(1, seconds)) { self.end(nil) }
        endPauses()
    }
}
