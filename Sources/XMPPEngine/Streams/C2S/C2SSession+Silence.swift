import XMPPCore

/// Streams on which nothing happens (RFC 6120 §4.6).
extension C2SSession {
    /// Starts what the options ask for: white space towards the client, an end after long silence.
    func watchForSilence() {
        if options.whitespaceInterval > 0 { keepAlive() }
        guard options.idleTimeout > 0 else { return }
        lastHeard = CoarseTimers.milliseconds()
        endWhenSilent()
    }

    /// Sends white space again and again, so that nothing on the way takes the stream for dead and
    /// a connection that is dead is noticed.
    private func keepAlive() {
        _ = loop.schedule(afterSeconds: options.whitespaceInterval) {
            guard !self.isOver else { return }
            self.transport?.sendWhitespace()
            self.keepAlive()
        }
    }

    /// Ends the stream when nothing came for too long, or looks again when that may be.
    ///
    /// The clock is read once for each read from the connection, not for each stanza.
    private func endWhenSilent() {
        guard !isOver, !isHeld else { return }
        let quiet = CoarseTimers.milliseconds() - lastHeard
        let left = min(options.idleTimeout, 1 << 30) * 1000 - quiet
        guard left > 0 else {
            return fail(StreamError(.connectionTimeout, "nothing came for too long"))
        }
        // The coarse timers, cheap for the long part of it, are up to two seconds late.
        if left > 3000 {
            _ = loop.schedule(afterSeconds: left / 1000 - 2) { self.endWhenSilent() }
        } else {
            loop.schedule(afterMilliseconds: left) { self.endWhenSilent() }
        }
    }
}
