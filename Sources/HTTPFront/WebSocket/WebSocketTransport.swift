import XMPPCore
import XMPPEngine

/// A stream over WebSocket: an element a message (RFC 7395).
///
/// Guarded by its loop. While the stream is idle it holds neither parser nor buffers.
final class WebSocketTransport: StreamTransport, @unchecked Sendable {
    // Sendable because all is touched on the loop only, but for the constants.
    let loop: StreamLoop
    let kind = TransportKind.webSocket
    private let channel: WebSocketChannel
    private let service: WebSocketService
    /// Where the stream is sent instead; `nil` to take it.
    private let seeOtherURI: String?
    private var session: C2SSession?
    /// The stream, also after its end: whose output it is.
    private var owner: C2SSession?
    private var framing = FramedStream()
    private var hasOpened = false
    /// The stream is closed; the client is about to confirm it, or to close the connection.
    private var isEnding = false

    init(_ channel: WebSocketChannel, service: WebSocketService, seeOtherURI: String?) {
        loop = channel.loop.streams
        self.channel = channel
        self.service = service
        self.seeOtherURI = seeOtherURI
    }

    /// Makes the stream and begins to read.
    func start(
        peer: PeerFacts, directory: any C2SDirectory, options: SharedC2SOptions
    ) {
        session = C2SSession(
            transport: self, peer: peer, directory: directory, options: options)
        owner = session
        service.opened()
        channel.start(self)
    }

    // MARK: StreamTransport

    func open(_ opening: StreamOpening) {
        hasOpened = true
        channel.send { $0.writeFramed(opening) }
    }

    var isBehind: Bool { channel.backlog != nil }

    func send(_ stanza: Stanza) {
        channel.send { $0.write(stanza, framing: .standalone) }
    }

    func send(_ nonza: Element) {
        channel.send { $0.writeFramed(nonza) }
    }

    /// The former stream is closed without a word (RFC 7395 §3.7).
    func restart() { framing.restart() }

    /// TLS is the web server's affair; it is not offered (RFC 7395 §3.9).
    func startTLS() {}

    func pauseInput() {}

    func resumeInput() { channel.resume() }

    /// The channel flushes itself.
    func flushOutput() {}

    func close(_ error: StreamError?) {
        guard !isEnding else { return }
        isEnding = true
        let domain = session?.domain ?? ""
        session = nil
        if let uri = error?.otherURI {
            channel.send { $0.writeFramedClose(seeOther: uri) }
            return channel.close(.normal)
        }
        guard let error else {
            channel.send { $0.writeFramedClose() }
            return channel.expectClose()
        }
        if !hasOpened {
            open(
                StreamOpening(
                    id: SecureRandom.token(), from: domain, to: nil, language: "en",
                    hasVersion: true))
        }
        channel.send { $0.writeFramed(error.element) }
        channel.send { $0.writeFramedClose() }
        channel.close(CloseCode(error))
    }
}

// MARK: What the client says

extension WebSocketTransport: WebSocketUser {
    var messageBytesMax: Int {
        let bytes = session?.limits.stanzaBytesMax ?? StreamLimits.beforeLogin.stanzaBytesMax
        return min(bytes, 1 << 30) + FramedMessage.declarationBytesMax
    }

    var isBusy: Bool { session?.isParked ?? false }

    var isKnown: Bool { session?.isEstablished ?? false }

    func took(_ bytes: Int) { session?.took(bytes) }

    func received(_ message: UnsafeRawBufferPointer, isText: Bool) {
        guard let session else { return receivedAfterEnd(message) }
        switch FramedMessage.read(message, with: loop.parsers, limits: session.limits) {
        case .failure(let error): session.parserFailed(error)
        case .success(let item): carryOut(framing.received(item), session)
        }
    }

    private func carryOut(_ order: FramedStream.Order, _ session: C2SSession) {
        switch order {
        case .open(let header):
            if let uri = seeOtherURI {
                return session.parserFailed(StreamError(.seeOtherHost, otherHost: uri))
            }
            session.parserOpened(header)
        case .stanza(let stanza): session.parserReceived(stanza)
        case .nonza(let nonza): session.parserReceived(nonza)
        case .close: session.parserClosed()
        case .fail(let error): session.parserFailed(error)
        }
    }

    /// Once both sides have closed the stream, the connection is next (RFC 7395 §3.6).
    private func receivedAfterEnd(_ message: UnsafeRawBufferPointer) {
        let item = FramedMessage.read(message, with: loop.parsers, limits: .beforeLogin)
        guard case .success(let item) = item, case .close = framing.received(item) else { return }
        channel.close(.normal)
    }

    func refusesSize() {
        session?.parserFailed(StreamError(.policyViolation, "XML stanza is too big"))
    }

    func overflowed() {
        session?.parserFailed(
            StreamError(.resourceConstraint, "too much is waiting for this client"))
    }

    func stalled() {
        session?.parserFailed(
            StreamError(.connectionTimeout, "nothing is read any more"))
    }

    func lost() {
        isEnding = true
        guard let session else { return }
        self.session = nil
        session.transportLost()
    }

    func unsent(_ message: UnsafeRawBufferPointer) {
        let item = FramedMessage.read(message, with: loop.parsers, limits: Undelivered.limits)
        guard case .success(.stanza(let stanza)) = item else { return }
        owner?.giveBack([stanza])
    }

    /// Not before: a server that stops must not take the connection for done.
    func ended() { service.closed() }

    func serverStops() {
        guard let session else { return channel.close(.goingAway) }
        session.fail(StreamError(.systemShutdown))
    }
}
