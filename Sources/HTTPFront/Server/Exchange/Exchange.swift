import Logging
import XMPPEngine

/// One HTTP request and its answer, as a handler sees them.
///
/// Guarded by its loop: a plain object of the thread its handler runs on. A handler answers with
/// `respond`, or calls `hold` and answers later, on the same loop. There is one answer at most; an
/// exchange that is neither answered nor held when its handler returns is answered with 500.
package final class Exchange {
    /// What `proceed` wants of libmicrohttpd.
    enum Order {
        case takeAll
        /// That many bytes of the chunk stay for the next call.
        case leave(Int)
        /// The same, and nothing is read until the exchange is woken.
        case suspend(leaving: Int)
        case send(MicroHTTPResponse)
        case close
    }

    enum State {
        /// Only the request line is known.
        case receivingHead
        case receivingBody
        /// The handler runs.
        case handling
        /// The handler has returned and will answer later.
        case held
        /// The handler held the body back and wants it now.
        case bodyAccepted
        /// The answer is made but not yet with libmicrohttpd.
        case answered(MicroHTTPResponse)
        /// The answer is with libmicrohttpd.
        case sending
        /// To be closed without an answer.
        case aborted
        case ended
    }

    package let connection: HTTPConnection
    /// `nil` once the request has ended.
    private(set) var request: MicroHTTPRequest?
    var state = State.receivingHead
    /// True while libmicrohttpd does not look at the connection.
    var isSuspended = false
    /// True while this exchange waits in the daemon's list of those to be woken.
    private var isWaking = false

    /// The request target as sent, ASCII; empty when it is malformed.
    package let target: String
    private let targetBytes: Int
    package internal(set) var method = HTTPMethod("")
    package internal(set) var isHTTP10 = false
    /// The decoded path: absolute, no dot segments, no encoded slash or NUL.
    package internal(set) var path = ""
    /// What follows the first `?` of the target, still encoded; `nil` without `?`.
    package internal(set) var query: String?
    /// The part of `path` below the prefix that its handler is mounted at; empty or with `/`.
    package var subpath: String {
        guard let mount, !mount.prefix.isEmpty else { return path }
        return String(path.utf8.dropFirst(mount.prefix.utf8.count)) ?? ""
    }
    var mount: Mount?
    /// Who the client has proved to be; for the access log.
    package var user: String?
    /// The client that a trusted proxy speaks for; `nil` when the peer itself asks.
    var forwarded: ForwardedClient?
    var stream: BodyStream?

    var body = RequestBody()
    private var whenClosed: (() -> Void)?
    private var whenStopping: (() -> Void)?
    var whenUpgraded: ((UpgradedConnection) -> Void)?
    /// The status that was sent; for the access log.
    private(set) var sentStatus: HTTPStatus?
    private(set) var sentBytes: UInt64?
    var isRefusedEarly = false
    private var isCountedHeld = false
    /// Whether part of a body has come, so that the client may have left unnoticed.
    var mayHaveLeft = false

    init(connection: HTTPConnection, request: MicroHTTPRequest, target: UnsafePointer<CChar>) {
        self.connection = connection
        self.request = request
        (self.target, targetBytes) = Self.read(target)
    }

    /// The loop that handlers of this exchange run on.
    package var loop: HTTPLoop { connection.loop }

    /// The client: who sent the request, or whom a trusted proxy sent it for.
    package var peer: PeerAddress { forwarded?.address ?? connection.peer }

    /// True while the client may still get an answer.
    package var isOpen: Bool { request != nil }

    /// Calls `action` on the loop when the client leaves, or the connection fails, before the
    /// answer was sent completely.
    package func onClose(_ action: @escaping () -> Void) {
        whenClosed = action
    }

    /// Calls `action` on the loop when the server stops while the exchange is held.
    ///
    /// It should answer; without it the answer is 503.
    package func onServerStop(_ action: @escaping () -> Void) {
        whenStopping = action
    }

    /// Keeps the exchange open after the handler has returned; `respond` answers it later.
    package func hold() {
        guard case .handling = state else { return }
        state = .held
        isCountedHeld = true
        loop.streams.counters.add(.httpHolds)
        connection.deadline = .max
    }

    /// Closes the connection without an answer.
    package func abort() {
        switch state {
        case .handling, .receivingHead, .receivingBody, .bodyAccepted:
            state = .aborted
            if isSuspended { wake() }
        case .held:
            state = .aborted
            wake()
        case .answered, .sending:
            connection.cut()
        case .aborted, .ended:
            break
        }
    }

    /// Has libmicrohttpd call `proceed` again, later in this turn of the loop.
    func wake() {
        guard !isWaking, request != nil else { return }
        isWaking = true
        loop.daemon?.wake(self)
    }

    /// The daemon has taken the exchange off its list of those to be woken.
    func woken() {
        isWaking = false
    }

    private static func read(_ target: UnsafePointer<CChar>) -> (String, Int) {
        var count = 0
        var isClean = true
        while target[count] != 0 {
            let byte = UInt8(bitPattern: target[count])
            if byte <= 0x20 || byte >= 0x7f { isClean = false }
            count += 1
        }
        guard isClean else { return ("", count) }
        return (String(cString: target), count)
    }

    var targetLength: Int { targetBytes }

    var isHeld: Bool { if case .held = state { true } else { false } }

    /// Whether a body of unknown length is on its way.
    var isArrivingInChunks: Bool {
        if case .receivingBody = state { body.expected == nil } else { false }
    }

    /// Whether head or body are still on their way.
    var isArriving: Bool {
        switch state {
        case .receivingHead, .receivingBody, .bodyAccepted: true
        case .handling, .held, .answered, .sending, .aborted, .ended: false
        }
    }
}

// MARK: The end

extension Exchange {
    /// libmicrohttpd is done with the request; nothing of it may be used any more.
    func ended(isComplete: Bool) {
        let wasSent = if case .sending = state { isComplete } else { false }
        connection.isRefused = isArriving
        state = .ended
        connection.uncork()
        isSuspended = false
        if wasSent {
            connection.server.log(self)
            count()
        }
        endHold()
        leaveCounts()
        if isRefusedEarly { loop.linger(connection.descriptor) }
        request = nil
        body.drop()
        stream?.exchange = nil
        connection.exchange = nil
        connection.restart(for: connection.server.timeouts.keepAlive)
        let action = wasSent ? nil : whenClosed
        whenClosed = nil
        whenStopping = nil
        whenUpgraded = nil
        action?()
    }

    /// The client has gone, or has taken too long, while the connection was suspended.
    func clientLeft() {
        switch state {
        case .held, .answered, .receivingBody, .bodyAccepted, .handling:
            state = .aborted
        case .sending:
            stream?.cut()
        case .receivingHead, .aborted, .ended:
            break
        }
        if isSuspended { wake() }
    }

    func serverStops() {
        guard case .held = state else {
            if stream != nil { stream?.finish() }
            return
        }
        let action = whenStopping
        whenStopping = nil
        action?()
        guard case .held = state else { return }
        respond(.serviceUnavailable, fields: [HTTPField("Connection", "close")])
    }
}

// MARK: The answer

extension Exchange {
    /// Answers the request; only the first answer counts.
    ///
    /// The fields are added to those of the mount; `Date`, `Content-Length` and `Transfer-Encoding`
    /// are added as needed. The body is not sent in answer to HEAD, nor with 204 and 304.
    ///
    /// - Returns: False when there was an answer already, or the client is gone.
    @discardableResult
    package func respond(
        _ status: HTTPStatus, fields: [HTTPField] = [], body: ResponseBody = .empty
    ) -> Bool {
        let wasHeld: Bool
        switch state {
        case .handling, .receivingHead, .receivingBody: wasHeld = false
        case .held: wasHeld = true
        case .bodyAccepted, .answered, .sending, .aborted, .ended:
            body.discard()
            return false
        }
        guard let response = MicroHTTPResponse(status: status, body: body, onLoop: self) else {
            abort()
            return false
        }
        if case .stream(let stream) = body {
            self.stream = stream
            stream.exchange = self
        }
        answer(with: response, fields)
        endHold()
        if wasHeld { wake() }
        return true
    }

    private func endHold() {
        guard isCountedHeld else { return }
        isCountedHeld = false
        loop.streams.counters.add(.httpHolds, -1)
    }

    private func count() {
        let counters = loop.streams.counters
        counters.add(.httpResponses(class: Int(sentStatus?.code ?? 500) / 100))
        counters.add(.httpBytesIn, Int(clamping: body.received))
        counters.add(.httpBytesOut, Int(clamping: sentBytes ?? 0))
    }

    /// Answers 101 and gives the connection to another protocol (RFC 9110 §7.8).
    ///
    /// To be called by the handler itself. `take` is called on the loop when the answer was sent,
    /// and not at all when the client leaves before.
    ///
    /// - Returns: False when there was an answer already, or the client is gone.
    @discardableResult
    package func upgrade(
        fields: [HTTPField], to take: @escaping (UpgradedConnection) -> Void
    ) -> Bool {
        guard case .handling = state, !isHTTP10,
            let response = MicroHTTPResponse(switchingProtocols: .switchingProtocols)
        else { return false }
        whenUpgraded = take
        answer(with: response, fields)
        return true
    }

    private func answer(with response: MicroHTTPResponse, _ fields: [HTTPField]) {
        for field in fields { add(field, to: response) }
        // Where chunks end as they should cannot be seen: what follows must not be a request.
        if body.expected == nil, !MicroHTTPRelease.checksLineEnds {
            add(HTTPField("Connection", "close"), to: response)
        }
        if let mount {
            mount.terms(for: self).addFields(to: self) { add($0, to: response) }
        } else {
            add(.noSniffing, to: response)
        }
        if let field = connection.server.door.strictTransport, isSecure {
            add(field, to: response)
        }
        sentStatus = response.status
        sentBytes = response.size
        state = .answered(response)
    }

    private func add(_ field: HTTPField, to response: MicroHTTPResponse) {
        guard !response.add(field.name, field.value) else { return }
        loop.log.error(
            "a field that cannot be sent was left out", metadata: ["field": "\(field.name)"])
    }
}

extension ResponseBody {
    /// Gives back what an answer that will not be sent holds.
    func discard() {
        switch self {
        case .file(let file): file.close()
        case .stream(let stream): stream.cut()
        case .empty, .bytes, .text, .buffer: break
        }
    }
}
