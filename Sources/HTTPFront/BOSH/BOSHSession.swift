import Logging
import NIOCore
import XMPPCore
import XMPPEngine

/// A stream over BOSH: what requests bring goes to the session, answers take back what it says
/// (XEP-0124, XEP-0206).
///
/// Guarded by its loop. Everything delivered within a turn of the loop leaves in one answer. While
/// the session is idle it holds neither parser nor buffers, but its last answers for a repeat.
final class BOSHSession: StreamTransport, RequestSession, @unchecked Sendable {
    // Sendable because all is touched on `home` only, but for the constants.
    let id: BOSHSessionID
    let home: HTTPLoop
    let kind = TransportKind.bosh
    let service: BOSHService
    let isSecure: Bool
    let concatMax: Int
    let compressionBytesMin: Int
    /// The first stream; `nil` when it has ended.
    var session: C2SSession?
    /// The first stream, also after its end: whose output it is.
    var owner: C2SSession?
    /// More streams (XEP-0124 §16), once there was one.
    var streams: BOSHStreams?
    var window: BOSHWindow<Exchange, BOSHBody>
    var output = BOSHOutput()
    /// What the first answer says of the session, until it was sent.
    var opening: String?
    let origin: BOSHOrigin
    /// How the session ended, until the client has heard it.
    var ending: Ending?
    private var isInputPaused = false
    private var isFlushWanted = false
    /// Whether nobody has logged in, so that the session counts for its client.
    private var isUnbound = true
    /// Bytes of requests that came while input was paused.
    private var backlogBytes = 0
    private var timer: HTTPTimer?
    /// When `timer` will fire at the latest, on the loop's clock.
    private var timerTime: Int?
    let fields: [HTTPField]

    indirect enum Ending {
        /// The client ended it, or the stream without an error.
        case finished
        case failed(StreamError)
        case refused(BOSHCondition)
    }

    static let log = Logger(label: "martlet.bosh")
    /// Bytes that may wait for a client that does not fetch them; as over TCP.
    static let outputBytesMax = 8 << 20
    /// Bytes of requests that may wait for their stream.
    private static let backlogBytesMax = 1 << 20

    /// Makes a session of `first`, the request that creates it and will be held.
    init(
        service: BOSHService, settings: BOSHSettings, first: BOSHBody, rid: Int,
        exchange: Exchange
    ) {
        id = BOSHSessionID()
        home = exchange.loop
        self.service = service
        isSecure = exchange.isSecure
        origin = BOSHOrigin(first.header)
        concatMax = settings.concatMax
        compressionBytesMin = settings.compressionBytesMin
        let terms = BOSHTerms(asked: { first.header[$0] }, settings: settings)
        window = BOSHWindow(
            terms, first: BOSHSession.request(first, rid: rid), post: exchange,
            now: Int(clamping: exchange.loop.now))
        fields = BOSHAnswer.fields(contentType: first.header["content"])
    }

    var loop: StreamLoop { home.streams }

    var now: Int { Int(clamping: home.now) }

    /// Opens the stream for the first request, bound already when it is a guest's.
    func begin(
        _ session: C2SSession, _ first: BOSHBody, exchange: Exchange, asGuest: Bool = false
    ) {
        self.session = session
        owner = session
        keep(exchange)
        let header = origin.streamHeader(of: first.header)
        asGuest ? session.openForGuest(header) : session.parserOpened(header)
        pass(first.payloads, to: self.session)
        flush()
    }

    func pass(_ payloads: [BOSHPayload], to session: C2SSession?) {
        for payload in payloads {
            switch payload {
            case .stanza(let stanza): session?.parserReceived(stanza)
            case .nonza(let nonza): session?.parserReceived(nonza)
            }
        }
    }

    // MARK: requests

    static func request(_ body: BOSHBody, rid: Int) -> BOSHWindow<Exchange, BOSHBody>.Request {
        BOSHWindow.Request(
            rid: rid, isPoll: body.isPoll, isUrgent: body.isTerminate || body.pause != nil,
            isPause: body.pause != nil, key: body.header["key"], newKey: body.header["newkey"],
            ack: body.ack)
    }

    /// Takes a request of the session, on its loop.
    func receive(_ bytes: UnsafeRawBufferPointer, by exchange: Exchange) {
        guard ending == nil else { return finish(extra: exchange) }
        switch BOSHBodyReader.read(bytes, with: loop.parsers, limits: limits) {
        case .failure(let error):
            fail(error, exchange)
        case .success(let body):
            guard body.header["sid"] == id.text else {
                return answer(exchange, refusal: .badRequest)
            }
            guard let rid = body.rid else { return refuse(.badRequest, exchange) }
            receive(body, rid: rid, by: exchange)
        }
    }

    private var limits: StreamLimits {
        streams == nil ? session?.limits ?? .beforeLogin : streamLimits
    }

    /// A body that cannot be read ends the stream, and with it the session.
    private func fail(_ error: StreamError, _ exchange: Exchange) {
        guard let session, streams == nil else {
            return refuse(
                error.condition == .policyViolation ? .policyViolation : .badRequest, exchange)
        }
        session.parserFailed(error)
        // A stream that waits for something hears of it in its turn.
        if self.session == nil {
            finish(extra: exchange, isToBlame: true)
        } else {
            answer(exchange, refusal: .badRequest)
        }
    }

    private func receive(_ body: BOSHBody, rid: Int, by exchange: Exchange) {
        let request = Self.request(body, rid: rid)
        switch window.arrived(request, by: exchange, load: body, now: now) {
        case .process:
            keep(exchange)
            if let condition = process(body) { return refuse(condition, window.takeLatest()) }
            takeNext()
        case .keep:
            keep(exchange)
        case .answerAgain(let again):
            answer(exchange, again)
        case .swap(let former):
            keep(exchange)
            if let former { answer(former, BOSHOutput.recoverable) }
        case .refuse(let condition):
            return refuse(condition, exchange)
        }
        flush()
    }

    /// Processes requests that came too early and whose turn it is now.
    private func takeNext() {
        while ending == nil, let next = window.takeNext() {
            switch next {
            case .process(_, let body):
                if let condition = process(body) { return refuse(condition, window.takeLatest()) }
            case .refuse(let condition, let exchange): return refuse(condition, exchange)
            }
        }
    }

    /// Takes what a request brings.
    ///
    /// - Returns: Why the session must end for it.
    private func process(_ body: BOSHBody) -> BOSHCondition? {
        if let pause = body.pause, let condition = window.pause(seconds: pause) {
            return condition
        }
        if isInputPaused || streams?.isInputPaused == true {
            backlogBytes += body.bytes
            if backlogBytes > Self.backlogBytesMax {
                lose(.failed(StreamError(.resourceConstraint, "too much at once")))
                return nil
            }
        }
        if body.asksForStream {
            addStream(body)
            return nil
        }
        switch target(of: body) {
        case .first:
            if let session { hand(body, to: session, origin) }
        case .all: handToAll(body)
        case .other(let stream): hand(body, to: stream)
        case .closed: break
        case .unknown: return .itemNotFound
        }
        return nil
    }

    /// Gives a stream what a request has for it.
    func hand(_ body: BOSHBody, to session: C2SSession, _ origin: BOSHOrigin) {
        // The body may have been read with the limits of another stream that is further.
        if streams != nil, body.bytes > session.limits.stanzaBytesMax {
            return session.fail(StreamError(.policyViolation, "XML stanza is too big"))
        }
        session.took(body.bytes)
        if body.isRestart {
            // What else is in the body is ignored (XEP-0206 §5).
            session.parserOpened(origin.streamHeader(of: body.header))
            return
        }
        pass(body.payloads, to: session)
        if body.isTerminate { session.parserClosed() }
    }

    /// Holds a request, and hears when its connection is lost.
    private func keep(_ exchange: Exchange) {
        // A request of another loop was held there before it was handed over.
        guard exchange.loop === home else { return }
        exchange.hold()
        exchange.onClose { [unowned exchange] in self.lost(exchange) }
    }

    func lost(_ exchange: Exchange) {
        window.lost(now: now) { $0 === exchange }
        arm()
    }

    // MARK: StreamTransport

    func open(_ opening: StreamOpening) {
        if window.notes.isOpening {
            self.opening = BOSHAnswer.creation(
                opening, id: id, terms: window.terms, isSecure: isSecure)
        }
        flush()
    }

    var isBehind: Bool { output.bytes > 0 }

    func send(_ stanza: Stanza) {
        guard isSending else { return }
        output.append(stanza, concatMax: concatMax)
        sent()
    }

    func send(_ nonza: Element) {
        guard isSending else { return }
        output.append(nonza, concatMax: concatMax)
        sent()
    }

    private var isSending: Bool { ending == nil && session != nil }

    /// What is too much is there, too, so that it goes back with the rest.
    private func sent() {
        guard output.bytes > Self.outputBytesMax else { return flush() }
        lose(
            .failed(StreamError(.resourceConstraint, "too much is waiting for this client")))
    }

    /// A new stream begins with a request that says so, not with the peer's next bytes.
    func restart() {}

    /// TLS is the web server's affair.
    func startTLS() {}

    func pauseInput() { isInputPaused = true }

    func resumeInput() {
        isInputPaused = false
        resumed()
    }

    /// One of the streams takes requests again.
    func resumed() {
        backlogBytes = 0
        flush()
    }

    func close(_ error: StreamError?) {
        session = nil
        guard ending == nil else { return }
        let ending = error.map { Ending.failed($0) } ?? .finished
        if let streams {
            streams.firstEnding = ending
        } else {
            self.ending = ending
        }
        flush()
    }

    // MARK: answers

    func flush() {
        guard !isFlushWanted else { return }
        isFlushWanted = true
        loop.flushLater(self)
    }

    private func noteLogin() {
        let others = streams?.others ?? []
        guard owner?.isEstablished == true || others.contains(where: { $0.isEstablished }) else {
            return
        }
        isUnbound = false
        service.sessions.loggedIn(id)
    }

    func flushOutput() {
        isFlushWanted = false
        if isUnbound { noteLogin() }
        while true {
            if streams != nil { settle() }
            guard ending == nil else { return finish(extra: nil) }
            let hasOutput = !output.isEmpty || streams?.hasOutput == true
            let isPaused = isInputPaused || streams?.isInputPaused == true
            switch window.order(hasOutput: hasOutput, isInputPaused: isPaused) {
            case .wait: return arm()
            case .payload: answerOldest(isEmpty: false)
            case .empty: answerOldest(isEmpty: true)
            }
        }
    }

    // MARK: time

    /// Has the timer fire no later than what is due.
    func arm() {
        // A session that was dropped in this turn has nothing to wait for.
        guard owner != nil else { return }
        let deadline = window.deadline
        if let timerTime, timerTime <= deadline { return }
        if timer == nil { timer = home.timer { [unowned self] in timerFired() } }
        timerTime = deadline
        timer?.arm(after: .milliseconds(max(0, deadline - now)))
    }

    private func timerFired() {
        timerTime = nil
        switch window.due(now: now) {
        case .later:
            arm()
        case .answer:
            answerOldest(isEmpty: output.isEmpty && streams?.hasOutput != true)
            arm()
        case .end:
            vanish()
        }
    }

    func disarm() {
        timer?.disarm()
        timer = nil
    }
}
