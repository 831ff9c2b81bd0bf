import NIOCore
import XMPPCore
import XMPPEngine

/// Answers the requests of BOSH clients at one address of one listener.
struct BOSHHandler: HTTPHandler {
    private let service: BOSHService
    private let directory: any C2SDirectory
    private let options: SharedC2SOptions
    private let limitsBeforeLogin: StreamLimits
    private let bodyBytesMax: Int

    /// Room for the `<body/>` itself beside its stanzas; a larger request is refused unread.
    private static let bodyMargin = 4096
    private static let bodyBytesMost = 16 << 20

    /// - Parameters:
    ///   - service: The sessions.
    ///   - directory: Finds the host that `to` names.
    ///   - options: Limits and rules of the sessions; the same as over TCP.
    init(service: BOSHService, directory: any C2SDirectory, options: C2SOptions) {
        self.service = service
        self.directory = directory
        self.options = SharedC2SOptions(options)
        limitsBeforeLogin = options.limitsBeforeLogin
        bodyBytesMax =
            min(options.limits.stanzaBytesMax, Self.bodyBytesMost) + Self.bodyMargin
    }

    var methods: [HTTPMethod] { [.post, .get, .head] }

    func intake(_ exchange: Exchange) -> BodyIntake {
        .collect(bytesMax: exchange.method == .post ? bodyBytesMax : 0)
    }

    func handle(_ exchange: Exchange) {
        guard exchange.method == .post else {
            exchange.respond(
                .ok, fields: [HTTPField("Content-Type", "text/plain; charset=utf-8")],
                body: .text("This is a BOSH service (XEP-0124), for XMPP clients to POST to.\n"))
            return
        }
        exchange.withBody { bytes in
            guard Gzip.isMarked(bytes) else { return take(bytes, exchange) }
            guard let plain = Gzip.decompress(bytes, bytesMax: bodyBytesMax) else {
                return refuse(.badRequest, exchange)
            }
            plain.withUnsafeBytes { take($0, exchange) }
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) {
        switch BOSHSessionID.hint(in: bytes) {
        case .none: create(bytes, exchange)
        case .foreign: refuse(.itemNotFound, exchange)
        case .known(let id): pass(bytes, to: id, exchange)
        }
    }

    private func refuse(_ condition: BOSHCondition, _ exchange: Exchange, isLegacy: Bool = false) {
        if isLegacy, let status = condition.legacyStatus {
            exchange.respond(status)
        } else {
            exchange.respond(
                .ok, fields: BOSHAnswer.usual, body: .bytes(BOSHOutput.terminal(condition)))
        }
    }

    // MARK: requests of a session

    private func pass(
        _ bytes: UnsafeRawBufferPointer, to id: BOSHSessionID, _ exchange: Exchange
    ) {
        guard let session = service.sessions[id] else { return refuse(.itemNotFound, exchange) }
        // A session that began over TLS goes on over TLS (XEP-0124 §19.1).
        guard exchange.isSecure || !session.isSecure else { return exchange.abort() }
        if session.home === exchange.loop {
            session.receive(bytes, by: exchange)
            return
        }
        session.fetch(exchange, bytes) { session.receive($1, by: $0) }
    }

    // MARK: new sessions

    private func create(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) {
        let parsed = BOSHBodyReader.read(
            bytes, with: exchange.loop.streams.parsers, limits: limitsBeforeLogin)
        let body: BOSHBody
        switch parsed {
        case .success(let read): body = read
        case .failure(let error):
            return refuse(
                error.condition == .policyViolation ? .policyViolation : .badRequest, exchange)
        }
        let isLegacy = body.header["ver"] == nil
        let host: any C2SHost
        switch self.host(for: body) {
        case .success(let found): host = found
        case .failure(let fault):
            return refuse(fault.condition, exchange, isLegacy: isLegacy)
        }
        let settings = service.settings(host.domain)
        if let uri = settings.secureURI, !exchange.isSecure {
            exchange.respond(
                .ok, fields: BOSHAnswer.usual, body: .bytes(BOSHOutput.seeOther(uri)))
            return
        }
        guard let rid = body.rid else { return refuse(.badRequest, exchange, isLegacy: isLegacy) }
        let session = BOSHSession(
            service: service, settings: settings, first: body, rid: rid, exchange: exchange)
        let client = SessionClient(exchange)
        switch service.sessions.insert(session, as: session.id, for: client) {
        case .entered: break
        case .full: return refuse(.internalServerError, exchange)
        case .tooManyOfClient: return refuse(.policyViolation, exchange, isLegacy: isLegacy)
        }
        let stream = C2SSession(
            transport: session, peer: PeerFacts(exchange), directory: directory,
            options: options)
        session.begin(
            stream, body, exchange: exchange,
            asGuest: settings.isPrebound && !body.namesAccount)
    }

    /// Why a session cannot be created.
    private struct Fault: Error {
        var condition: BOSHCondition
    }

    /// The host of the session that a request asks for.
    private func host(for body: BOSHBody) -> Result<any C2SHost, Fault> {
        if service.isStopping { return .failure(Fault(condition: .systemShutdown)) }
        guard body.rid != nil, body.header["sid"] == nil, !body.isTerminate, body.pause == nil
        else { return .failure(Fault(condition: .badRequest)) }
        guard let to = body.header["to"], !to.isEmpty else {
            return .failure(Fault(condition: .improperAddressing))
        }
        guard let address = BareJID(to), address.isDomain,
            let host = directory.host(address.domainpart)
        else { return .failure(Fault(condition: .hostUnknown)) }
        return .success(host)
    }
}
