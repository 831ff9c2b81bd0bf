import Logging
import NIOCore
import XMPPCore
import XMPPEngine

/// A stream over HTTP polling: requests bring its bytes, answers take back what there is
/// (XEP-0025).
///
/// Guarded by its loop. A request is answered at the end of the turn it came in, or when the stream
/// has done what took time (a login, a store).
final class PollSession: StreamTransport, RequestSession, @unchecked Sendable {
    // Sendable because all is touched on `home` only, but for the constants.
    let id: String
    let home: HTTPLoop
    let kind = TransportKind.polling
    let isSecure: Bool
    private let service: PollService
    /// Whether the first answer is still to bring the identifier in its first line.
    private var announcesID: Bool
    /// As long as a session lives without a request.
    private(set) var timeoutMilliseconds = 0
    private var keys: PollKeys
    private let input = PollInput()
    private var output = PollOutput()
    /// The stream; `nil` when it has ended.
    private var session: C2SSession?
    /// The stream, also after its end: whose output it is.
    private var owner: C2SSession?
    /// The request that waits for its answer.
    private var held: Exchange?
    private var heldSince = 0
    /// The request whose answer is on its way.
    private var answered: Exchange?
    private var hasOpened = false
    private var isFlushWanted = false
    /// Whether nobody has logged in, so that the session counts for its client.
    private var isUnbound = true
    private var lastActivity: Int
    private var timer: HTTPTimer?
    /// Whether the server stops, and the client has not heard of it.
    private var isStopping = false

    /// Bytes that may wait for a client that does not fetch them; as over TCP.
    private static let outputBytesMax = 8 << 20
    /// How long a request waits for a stream that is busy.
    private static let holdMilliseconds = 5000
    /// How long an ended stream's last words wait for a request.
    private static let lastWordsMilliseconds = 60_000
    private static let log = Logger(label: "martlet.poll")

    /// Makes the session that `first` asks for.
    init(service: PollService, first: PollRequest, exchange: Exchange) {
        id = PollSessionID.make()
        home = exchange.loop
        isSecure = exchange.isSecure
        self.service = service
        announcesID = first.identifier == .newMobile
        keys = PollKeys(first: first.key)
        lastActivity = Int(clamping: exchange.loop.now)
    }

    var loop: StreamLoop { home.streams }

    private var now: Int { Int(clamping: home.now) }

    // MARK: requests

    /// Takes the first request.
    func begin(_ session: C2SSession, _ content: UnsafeRawBufferPointer, by exchange: Exchange) {
        self.session = session
        owner = session
        timer = home.timer { [unowned self] in timerFired() }
        takeTimeout(of: session.domain)
        take(content, by: exchange)
    }

    /// The stream's host says how long it lives without a request.
    private func takeTimeout(of host: String) {
        timeoutMilliseconds = service.settings(host).timeout * 1000
    }

    /// Takes a request of the session, on its loop.
    func receive(
        _ request: PollRequest, _ content: UnsafeRawBufferPointer, by exchange: Exchange
    ) {
        guard let owner else { return refuse(.unknown, exchange) }
        // Not processed, and no sign of life either (XEP-0025 §4).
        guard keys.accept(key: request.key, newKey: request.newKey) else {
            Self.log.info("wrong key", metadata: ["jid": "\(owner.jid?.description ?? "-")"])
            return refuse(.keySequence, exchange)
        }
        if let answered, answered.loop === home, answered.isOpen, answered !== exchange {
            // The client did not wait for the end of its answer.
            output.lost()
        } else {
            output.confirmed()
        }
        answered = nil
        if let held { answer(held, []) }
        guard session != nil || !output.isEmpty else {
            drop()
            return refuse(.unknown, exchange)
        }
        take(content, by: exchange)
    }

    private func take(_ content: UnsafeRawBufferPointer, by exchange: Exchange) {
        hold(exchange)
        lastActivity = now
        if let session, content.count > 0 {
            session.took(content.count)
            if let error = input.take(content, for: session) { session.parserFailed(error) }
        }
        flush()
    }

    private func hold(_ exchange: Exchange) {
        held = exchange
        heldSince = now
        // A request of another loop was held there before it was handed over.
        guard exchange.loop === home else { return }
        exchange.hold()
        exchange.onClose { [unowned exchange] in self.lost(exchange) }
    }

    /// The connection of a request was lost before its answer was sent completely.
    func lost(_ exchange: Exchange) {
        if held === exchange { held = nil }
        guard answered === exchange else { return }
        answered = nil
        output.lost()
        if session == nil { arm() }
    }

    // MARK: StreamTransport

    func open(_ opening: StreamOpening) {
        hasOpened = true
        takeTimeout(of: opening.from)
        output.write { buffer in
            buffer.writeStaticString("<?xml version='1.0'?>")
            buffer.write(opening, contentNamespace: .client)
        }
        flush()
    }

    var isBehind: Bool { output.bytes > 0 }

    func send(_ stanza: Stanza) {
        output.write { $0.write(stanza, framing: .stream) }
        flush()
    }

    func send(_ nonza: Element) {
        output.write { buffer in
            if nonza.namespace == .streams {
                buffer.writeStreamElement(nonza, contentNamespace: .client)
            } else {
                buffer.write(nonza, in: .client)
            }
        }
        flush()
    }

    func restart() { input.restart() }

    /// TLS is the web server's affair.
    func startTLS() {}

    func pauseInput() {}

    func resumeInput() {
        if let session, let error = input.resume(for: session) { session.parserFailed(error) }
        flush()
    }

    func close(_ error: StreamError?) {
        guard session != nil else { return }
        if let error {
            if !hasOpened { openForError() }
            output.write { $0.writeStreamElement(error.element, contentNamespace: .client) }
        }
        if hasOpened { output.write { $0.writeStaticString("</stream:stream>") } }
        session = nil
        input.close()
        flush()
    }

    private func openForError() {
        open(
            StreamOpening(
                id: SecureRandom.token(), from: owner?.domain ?? "", to: nil, language: "en",
                hasVersion: true))
    }

    // MARK: answers

    private func flush() {
        guard !isFlushWanted else { return }
        isFlushWanted = true
        loop.flushLater(self)
    }

    func flushOutput() {
        isFlushWanted = false
        if isUnbound, owner?.isEstablished == true {
            isUnbound = false
            service.sessions.loggedIn(id)
        }
        if output.bytes > Self.outputBytesMax, let session {
            return session.fail(
                StreamError(.resourceConstraint, "too much is waiting for this client"))
        }
        if isStopping { return tellEnd() }
        defer { arm() }
        guard let held else { return }
        if let session, session.isParked, now - heldSince < Self.holdMilliseconds { return }
        answer(held, output.take())
    }

    private func answer(_ exchange: Exchange, _ content: [UInt8]) {
        held = nil
        answered = exchange
        lastActivity = now
        let line = announcesID ? Array("\(id)\n".utf8) : []
        let fields = PollAnswer.fields(announcesID ? nil : id, isSecure: isSecure)
        announcesID = false
        home.streams.counters.add(.bytesOut(.polling), line.count + content.count)
        exchange.reply(line + content, fields: fields, from: home)
    }

    private func refuse(_ failure: PollFailure, _ exchange: Exchange) {
        exchange.reply(
            [], fields: PollAnswer.fields(failure.rawValue, isSecure: isSecure), from: home)
    }

    // MARK: time and the end

    /// When something is due unless a request comes before.
    private var due: Int {
        if held != nil { return heldSince + Self.holdMilliseconds }
        let patience = session == nil ? Self.lastWordsMilliseconds : .max
        return lastActivity + min(timeoutMilliseconds, patience)
    }

    private func arm() { timer?.arm(after: .milliseconds(max(0, due - now))) }

    private func timerFired() {
        guard now >= due else { return arm() }
        guard let held else { return expire() }
        answer(held, output.take())
        arm()
    }

    /// The client has not been heard of for too long (XEP-0025 §3.2).
    private func expire() {
        Self.log.debug("session ended", metadata: ["jid": "\(owner?.jid?.description ?? "-")"])
        dropAndGiveBack()
    }

    /// Forgets the session; what its client may not have got goes back before, so that a server
    /// that stops does not take it for done.
    private func dropAndGiveBack() {
        let owner = owner
        endStream()
        owner?.giveBack(
            Undelivered.stanzas(inStream: output.undelivered, with: loop.parsers))
        service.sessions.remove(id)
    }

    /// Forgets the session: its identifier means nothing any more.
    private func drop() {
        endStream()
        service.sessions.remove(id)
    }

    private func endStream() {
        timer?.disarm()
        timer = nil
        input.close()
        let session = session
        self.session = nil
        owner = nil
        session?.transportLost()
    }

    /// The server stops: the client hears it now, or at its next request.
    func shutDown() {
        session?.fail(StreamError(.systemShutdown))
        isStopping = true
        guard !output.isEmpty else { return dropAndGiveBack() }
        tellEnd()
    }

    /// Says what there is to whoever waits for it; nothing comes after that.
    private func tellEnd() {
        guard let held else { return arm() }
        answer(held, output.take())
        dropAndGiveBack()
    }

    func abandon() { dropAndGiveBack() }
}
