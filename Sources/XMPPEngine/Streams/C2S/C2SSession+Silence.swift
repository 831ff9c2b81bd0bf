import XMPPCore

/// Streams on which nothing happens (RFC 6120 §4.6).
extension C2SSession {
    /// Starts what the options ask for: white space towards the client, an end after long silence.
    func watchForSilence() {
        if options.whitespaceInterval > 0 { keepAlive() }
        if options.idleTimeout > 0 { endWhenSilent() }
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

    private func endWhenSilent() {
        let before = activity
        _ = loop.schedule(afterSeconds: options.idleTimeout) {
            guard !self.isOver else { return }
            if self.activity == before {
                self.fail(StreamError(.connectionTimeout, "nothing came for too long"))
            } else {
                self.endWhenSilent()
            }
        }
    }
}
