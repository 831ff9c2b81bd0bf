import XMPPCore
import XMPPEngine

/// Answers the requests of polling clients at one address of one listener.
struct PollHandler: HTTPHandler {
    private let service: PollService
    private let directory: any C2SDirectory
    private let options: SharedC2SOptions
    private let bodyBytesMax: Int

    /// Room for identifier and keys; a larger request is refused unread.
    private static let headMargin = 1024
    private static let bodyBytesMost = 16 << 20

    /// - Parameters:
    ///   - service: The sessions.
    ///   - directory: Finds the host that the stream header names.
    ///   - options: Limits and rules of the sessions; the same as over TCP.
    init(service: PollService, directory: any C2SDirectory, options: C2SOptions) {
        self.service = service
        self.directory = directory
        self.options = SharedC2SOptions(options)
        bodyBytesMax = min(options.limits.stanzaBytesMax, Self.bodyBytesMost) + Self.headMargin
    }

    var methods: [HTTPMethod] { [.post, .get, .head] }

    func intake(_ exchange: Exchange) -> BodyIntake {
        guard exchange.method == .post else { return .collect(bytesMax: 0) }
        // What is known to be too long is answered before it comes.
        return isTooLong(exchange)
            ? .stream(bytesMax: .max) : .collect(bytesMax: bodyBytesMax)
    }

    private func isTooLong(_ exchange: Exchange) -> Bool {
        exchange.declaredBodyBytes.map { $0 > UInt64(bodyBytesMax) } ?? false
    }

    func handle(_ exchange: Exchange) {
        guard exchange.method == .post else {
            exchange.respond(
                .ok, fields: [HTTPField("Content-Type", "text/plain; charset=utf-8")],
                body: .text("HTTP polling (XEP-0025), for XMPP clients to POST to.\n"))
            return
        }
        guard !isTooLong(exchange) else { return PollAnswer.refuse(exchange, .badRequest) }
        exchange.withBody { bytes in
            guard let request = PollRequest(bytes) else {
                return PollAnswer.refuse(exchange, .badRequest)
            }
            switch request.identifier {
            case .session(let id): pass(request, bytes, to: id, exchange)
            case .new, .newMobile: create(request, bytes, exchange)
            }
        }
    }

    private static func content(
        of bytes: UnsafeRawBufferPointer, _ request: PollRequest
    ) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[request.content])
    }

    private func pass(
        _ request: PollRequest, _ bytes: UnsafeRawBufferPointer, to id: String,
        _ exchange: Exchange
    ) {
        guard let session = service.sessions[id] else {
            return PollAnswer.refuse(exchange, .unknown)
        }
        // A session that began over TLS goes on over TLS.
        guard exchange.isSecure || !session.isSecure else {
            return PollAnswer.refuse(exchange, .badRequest)
        }
        let content = Self.content(of: bytes, request)
        if session.home === exchange.loop {
            session.receive(request, content, by: exchange)
            return
        }
        session.fetch(exchange, content) { session.receive(request, $1, by: $0) }
    }

    private func create(
        _ request: PollRequest, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange
    ) {
        let session = PollSession(service: service, first: request, exchange: exchange)
        guard !service.isStopping else { return PollAnswer.refuse(exchange, .server) }
        let client = SessionClient(exchange)
        switch service.sessions.insert(session, as: session.id, for: client) {
        case .entered: break
        case .full: return PollAnswer.refuse(exchange, .server)
        case .tooManyOfClient: return PollAnswer.refuse(exchange, .server, .tooManyRequests)
        }
        let stream = C2SSession(
            transport: session, peer: PeerFacts(exchange), directory: directory,
            options: options)
        session.begin(stream, Self.content(of: bytes, request), by: exchange)
    }
}
