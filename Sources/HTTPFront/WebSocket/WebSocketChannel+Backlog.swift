import NIOCore

/// What becomes of a client that does not take what is written for it.
extension WebSocketChannel {
    /// Not all was taken: how much may wait, and how long, is limited.
    func follow() {
        let backlog = self.backlog ?? beginBacklog()
        var bytesMax = outputBytesMax
        if user?.isKnown == false { bytesMax = min(bytesMax, WebSocketBacklog.unknownBytesMax) }
        let bytes = output.readableBytes
        if phase == .open,
            backlog.isTooMuch(bytes, bytesMax: bytesMax, messagesMax: outputMessagesMax)
        {
            user?.overflowed()
        }
        // A user that waits for something cannot close yet.
        if bytes > bytesMax * 2 { shut() }
    }

    private func beginBacklog() -> WebSocketBacklog {
        let begun = WebSocketBacklog(untaken: connection.untakenBytes)
        backlog = begun
        guard sendTimeout > 0 else { return begun }
        begun.timer = loop.timer { [unowned self] in checkBacklog() }
        begun.timer?.arm(after: .milliseconds(sendTimeout))
        return begun
    }

    private func checkBacklog() {
        guard let backlog, phase == .open else { return }
        switch backlog.check(untaken: connection.untakenBytes) {
        case .goesOn: break
        case .stalled: user?.stalled()
        case .hopeless: return shut()
        }
        backlog.timer?.arm(after: .milliseconds(sendTimeout))
    }

    /// Nothing waits any more, or nothing will be sent.
    func endBacklog() {
        guard let ended = backlog else { return }
        backlog = nil
        ended.timer?.disarm()
        if phase == .open, let ping = ended.ping { sendControl(.pong, ping) }
    }

    /// Hands back what the connection has not taken whole, and lets the user go: it is over.
    func returnUnsent() {
        guard let formerUser else { return }
        for message in UnsentFrames.messages(in: output) {
            message.payload.withUnsafeReadableBytes { payload in
                guard message.isCompressed else { return formerUser.unsent(payload) }
                tools.withInflated(payload, bytesMax: outputBytesMax) { outcome, text in
                    if case .inflated = outcome { formerUser.unsent(text) }
                }
            }
        }
        self.formerUser = nil
        formerUser.ended()
    }

    /// A client that does not read gets the answer to its newest ping only (RFC 6455 §5.5.3).
    func answer(_ ping: [UInt8]) {
        guard let backlog else { return sendControl(.pong, ping) }
        backlog.ping = ping
    }

    /// Whether so much waits for the client that it is not heard until it reads.
    var isDeaf: Bool {
        backlog != nil && output.readableBytes > WebSocketBacklog.readingBytesMax
    }
}
