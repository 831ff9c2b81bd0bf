import Logging
import NIOCore
import XMPPCore
import XMPPEngine

/// A stream over BOSH: what requests bring goes to the session, answers take back what it says
/// (XEP-0124, XEP-0206).
///
/// Guarded by its loop. Everything delivered within a turn of the loop leaves in one answer. While
/// the session is idle it holds neither parser nor buffers, but its last answers for a repeat.
final class BOSHSession: StreamTransport, @unchecked Sendable {
    // Sendable because all is touched on `home` only, but for the constants.
    let id: BOSHSessionID
    let home: HTTPLoop
    let kind = TransportKind.bosh
    let service: BOSHService
    let isSecure: Bool
    private let concatMax: Int
    var session: C2SSession?
    var window: BOSHWindow<Exchange, BOSHBody>
    private var output = BOSHOutput()
    /// What the first answer says of the session, until it was sent.
    private var opening: String?
    private let origin: BOSHOrigin
    /// How the session ended, until the client has heard it.
    private var ending: Ending?
    private var isInputPaused = false
    private var isFlushWanted = false
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
    private static let outputBytesMax = 8 << 20
    /// Bytes of requests that may wait for their stream.
    private static let backlogBytesMax = 1 << 20

    /// Makes a session of `first`, the request that creates it and will be held.
    init(service: BOSHService, first: BOSHBody, rid: Int, exchange: Exchange) {
        id = BOSHSessionID()
        home = exchange.loop
        self.service = service
        isSecure = exchange.isSecure
        origin = BOSHOrigin(first.header)
        let settings = service.settings
        concatMax = settings.concatMax
        let terms = BOSHTerms(asked: { first.header[$0] }, settings: settings)
        window = BOSHWindow(
            terms, first: BOSHSession.request(first, rid: rid), post: exchange,
            now: Int(clamping: exchange.loop.now))
        fields = BOSHAnswer.fields(contentType: first.header["content"])
    }

    var loop: StreamLoop { home.streams }

    private var now: Int { Int(clamping: home.now) }

    /// Opens the stream for the first request.
    func begin(_ first: BOSHBody, exchange: Exchange) {
        keep(exchange)
        session?.parserOpened(origin.streamHeader(of: first.header))
        pass(first.payloads)
        flush()
    }

    private func pass(_ payloads: [BOSHPayload]) {
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
        guard ending == nil, let session else { return finish(extra: exchange) }
        switch BOSHBodyReader.read(bytes, with: loop.parsers, limits: session.limits) {
        case .failure(let error):
            session.parserFailed(error)
            // A stream that waits for something hears of it in its turn.
            if self.session == nil {
                finish(extra: exchange)
            } else {
                answer(exchange, refusal: .badRequest)
            }
        case .success(let body):
            guard body.header["sid"] == id.text else {
                return answer(exchange, refusal: .badRequest)
            }
            guard let rid = body.rid else { return refuse(.badRequest, exchange) }
            receive(body, rid: rid, by: exchange)
        }
    }

    private func receive(_ body: BOSHBody, rid: Int, by exchange: Exchange) {
        let request = Self.request(body, rid: rid)
        switch window.arrived(request, by: exchange, load: body, now: now) {
        case .process:
            keep(exchange)
            process(body)
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
            case .process(_, let body): process(body)
            case .refuse(let condition, let exchange):
                end(.refused(condition))
                if let exchange { answer(exchange, refusal: condition) }
            }
        }
    }

    private func process(_ body: BOSHBody) {
        guard let session else { return }
        if let pause = body.pause, !window.pause(seconds: pause) {
            return end(.refused(.policyViolation))
        }
        session.took(body.bytes)
        if isInputPaused {
            backlogBytes += body.bytes
            if backlogBytes > Self.backlogBytesMax {
                return lose(.failed(StreamError(.resourceConstraint, "too much at once")))
            }
        }
        if body.isRestart {
            // What else is in the body is ignored (XEP-0206 §5).
            session.parserOpened(origin.streamHeader(of: body.header))
            return
        }
        pass(body.payloads)
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

    func send(_ stanza: Stanza) {
        guard canSend else { return }
        output.append(stanza, concatMax: concatMax)
        flush()
    }

    func send(_ nonza: Element) {
        guard canSend else { return }
        output.append(nonza, concatMax: concatMax)
        flush()
    }

    private var canSend: Bool {
        guard ending == nil, session != nil else { return false }
        guard output.bytes > Self.outputBytesMax else { return true }
        lose(
            .failed(StreamError(.resourceConstraint, "too much is waiting for this client")))
        return false
    }

    /// A new stream begins with a request that says so, not with the peer's next bytes.
    func restart() {}

    /// TLS is the web server's affair.
    func startTLS() {}

    func pauseInput() { isInputPaused = true }

    func resumeInput() {
        isInputPaused = false
        backlogBytes = 0
        flush()
    }

    func close(_ error: StreamError?) {
        session = nil
        guard ending == nil else { return }
        ending = error.map { .failed($0) } ?? .finished
        flush()
    }

    // MARK: answers

    private func flush() {
        guard !isFlushWanted else { return }
        isFlushWanted = true
        loop.flushLater(self)
    }

    func flushOutput() {
        isFlushWanted = false
        guard ending == nil else { return finish(extra: nil) }
        while true {
            switch window.order(hasOutput: !output.isEmpty, isInputPaused: isInputPaused) {
            case .wait:
                return arm()
            case .payload:
                answerOldest(isEmpty: false)
            case .empty:
                answerOldest(isEmpty: true)
            }
        }
    }

    private func answerOldest(isEmpty: Bool) {
        let attributes = attributes()
        let body: [UInt8]
        if !isEmpty {
            body = output.take(attributes: attributes)
        } else if attributes.isEmpty {
            body = BOSHOutput.empty
        } else {
            var nothing = BOSHOutput()
            body = nothing.take(attributes: attributes)
        }
        guard let exchange = window.answerOldest(body, isEmpty: isEmpty, now: now) else { return }
        answer(exchange, body)
    }

    /// What the next answer says besides its payload; usually nothing.
    private func attributes() -> String {
        let notes = window.notes
        var text = ""
        if notes.isOpening, let opening { text = opening }
        opening = nil
        if let ack = notes.ack { text += " ack='\(ack)'" }
        if let report = notes.report { text += " report='\(report)' time='\(notes.milliseconds)'" }
        return text
    }

    private func answer(_ exchange: Exchange, _ body: [UInt8], status: HTTPStatus = .ok) {
        exchange.reply(body, status: status, fields: fields, from: home)
    }

    private func answer(_ exchange: Exchange, refusal condition: BOSHCondition) {
        if window.terms.minorVersion == nil, let status = condition.legacyStatus {
            answer(exchange, [], status: status)
        } else {
            answer(exchange, BOSHOutput.terminal(condition))
        }
    }

    // MARK: the end

    /// Ends the session for what a request did; the request itself hears why.
    private func refuse(_ condition: BOSHCondition, _ exchange: Exchange) {
        end(.refused(condition))
        answer(exchange, refusal: condition)
        finish(extra: nil)
    }

    /// Ends the session without asking the stream.
    private func lose(_ ending: Ending) {
        guard self.ending == nil else { return }
        end(ending)
        flush()
    }

    private func end(_ ending: Ending) {
        guard self.ending == nil else { return }
        self.ending = ending
        let session = session
        self.session = nil
        Self.log.debug(
            "session ended",
            metadata: ["jid": "\(session?.jid?.description ?? "-")", "why": "\(ending)"])
        session?.transportLost()
    }

    /// Tells the client how the session ended, as soon as there is a request to answer.
    private func finish(extra: Exchange?) {
        guard let ending else {
            if let extra { answer(extra, refusal: .itemNotFound) }
            return
        }
        var exchanges = window.takeAll()
        // The client's own end is confirmed on the request that asked for it (XEP-0124 §13).
        if case .finished = ending { exchanges.reverse() }
        if let extra { exchanges.append(extra) }
        guard let first = exchanges.first else { return arm() }
        tell(first, ending)
        let isFinished = if case .finished = ending { true } else { false }
        for other in exchanges.dropFirst() {
            answer(other, isFinished ? BOSHOutput.empty : BOSHOutput.terminal(.otherRequest))
        }
        drop()
    }

    private func tell(_ exchange: Exchange, _ ending: Ending) {
        switch ending {
        case .finished:
            answer(exchange, output.take(attributes: " type='terminate'"))
        case .failed(let error):
            let condition = BOSHCondition(error)
            guard condition == .remoteStreamError else {
                return answer(exchange, refusal: condition)
            }
            output.append(error)
            answer(
                exchange,
                output.take(
                    attributes: " type='terminate' condition='\(condition.rawValue)'"))
        case .refused(let condition):
            answer(exchange, refusal: condition)
        }
    }

    /// Forgets the session: its `sid` means nothing any more.
    private func drop() {
        service.sessions.remove(id)
        timer?.disarm()
        timer = nil
        output = BOSHOutput()
    }

    /// The server stops.
    func shutDown() {
        guard ending == nil else { return }
        end(.failed(StreamError(.systemShutdown)))
        finish(extra: nil)
        drop()
    }

    // MARK: time

    /// Has the timer fire no later than what is due.
    private func arm() {
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
            answerOldest(isEmpty: output.isEmpty)
            arm()
        case .end:
            end(.finished)
            drop()
        }
    }
}
