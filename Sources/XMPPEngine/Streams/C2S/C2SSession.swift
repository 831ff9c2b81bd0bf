import XMPPConfig
import Logging
import XMPPCore

/// Options of a client's stream, from its listener and host.
package struct C2SOptions: Sendable {
    package var policy = C2SStateMachine.Policy()
    package var limitsBeforeLogin = StreamLimits.beforeLogin
    package var limits = StreamLimits()
    /// Seconds until a stream must be bound; 0 waits for ever.
    package var negotiationTimeout = 120
    /// The access rule that a login must pass.
    package var access: RuleReference = .all
    /// Seconds without a byte from a client after which its stream ends; 0 waits for ever.
    package var idleTimeout = 0
    /// Seconds between white space towards a client (RFC 6120 §4.6.1); 0 sends none.
    package var whitespaceInterval = 0
    /// How fast a client may send; asked again when it has logged in.
    package var shaper: @Sendable (JID?, PeerFacts) -> StreamShaper = { _, _ in .none }
    /// Whether PLAIN is offered without TLS: always, never, or to this machine only.
    package var plainWithoutTLS = PlainWithoutTLS.loopback

    package init() {}
}

/// Options as the streams of one listener share them.
package final class SharedC2SOptions: Sendable {
    let values: C2SOptions

    package init(_ values: C2SOptions) { self.values = values }
}

/// Whom PLAIN is offered to where there is no TLS.
package enum PlainWithoutTLS: Sendable { case never, loopback, always }

/// One client's stream over whichever transport, from its first header to its end.
///
/// Guarded by the event loop of its transport. Carries out what `C2SStateMachine` orders.
package final class C2SSession: MovableReceiver, @unchecked Sendable {
    // Sendable because all is touched on `loop` only, but for the constants.
    package let loop: StreamLoop
    private let sharedOptions: SharedC2SOptions
    package let directory: any C2SDirectory
    package var transport: (any StreamTransport)?
    package var peer: PeerFacts
    package let kind: TransportKind
    /// How statistics count it; touched on `loop` only.
    package internal(set) var transportClass: TransportClass
    var machine: C2SStateMachine
    package internal(set) var host: (any C2SHost)?
    /// What the layer that bound the session keeps about it.
    package var binding: (any AnyObject & Sendable)?
    /// The bound address; set from bind on, also after the stream has ended.
    package internal(set) var jid: JID?
    var fullJID: FullJID?
    /// Apart, since most of a stream's life comes after its login.
    private var login: LoginInProgress?
    /// Whether the account was made for this login and ends with it (XEP-0175).
    package internal(set) var isAnonymous = false
    /// `xml:lang` of the stream header, the default of its stanzas (RFC 6120 §4.7.4).
    var language: String?
    private(set) var backlog: [Input] = []
    private(set) var parkings = 0
    /// How many of these are the shaper's.
    private var pauses = 0
    var isEnded = false
    /// There when something keeps what it sends, and may let it outlive its connection.
    var kept: KeptSession?
    /// There while it waits for the session of another stream.
    var awaited: AwaitedSession?
    package var hasMoved = false
    /// Keeps what is given back in order.
    lazy var leftovers = EndedOrigin()
    private var negotiationTimer: CoarseTimers.Token?
    /// Grows with everything the peer sends: tells a quiet stream from a busy one.
    package var activity = 0
    /// When the peer last sent something, in monotonic milliseconds; 0 while nobody asks.
    var lastHeard = 0
    package var shaper = StreamShaper.none
    static let log = Logger(label: "martlet.c2s")

    enum Input {
        case opened(StreamHeader)
        case stanza(ParsedStanza)
        case nonza(Element)
        case closed
        case failed(StreamError)
    }

    package convenience init(
        transport: any StreamTransport, peer: PeerFacts, directory: any C2SDirectory,
        options: C2SOptions
    ) {
        self.init(
            transport: transport, peer: peer, directory: directory,
            options: SharedC2SOptions(options))
    }

    package init(
        transport: any StreamTransport, peer: PeerFacts, directory: any C2SDirectory,
        options shared: SharedC2SOptions
    ) {
        let options = shared.values
        loop = transport.loop
        kind = transport.kind
        transportClass = TransportClass(
            transport.kind, isEncrypted: peer.security.isEncrypted)
        self.transport = transport
        self.peer = peer
        self.directory = directory
        sharedOptions = shared
        machine = C2SStateMachine(policy: options.policy, isEncrypted: peer.security.isEncrypted)
        shaper = options.shaper(nil, peer)
        startNegotiationTimer()
    }

    package var options: C2SOptions { sharedOptions.values }

    private final class LoginInProgress {
        var negotiation: SASLNegotiation
        /// As the client named it, for statistics.
        var mechanism = ""
        /// Whose credentials are being checked.
        var account: BareJID?

        init(_ negotiation: SASLNegotiation) { self.negotiation = negotiation }
    }

    var negotiation: SASLNegotiation? {
        get { login?.negotiation }
        set {
            if let login, let newValue {
                login.negotiation = newValue
            } else {
                login = newValue.map { LoginInProgress($0) }
            }
        }
    }

    /// The mechanism of the login in progress.
    var loginMechanism: String {
        get { login?.mechanism ?? "" }
        set { login?.mechanism = newValue }
    }

    /// Whose credentials the login in progress has to show; `nil` until that is known.
    var loginAccount: BareJID? {
        get { login?.account }
        set { login?.account = newValue }
    }

    package var limits: StreamLimits {
        machine.isAuthenticated ? options.limits : options.limitsBeforeLogin
    }

    /// Whether bytes may be fed in large pieces: no layer below changes any more.
    package var isEstablished: Bool { fullJID != nil }

    // MARK: input

    /// Whether something is awaited that the next stanza must not overtake.
    package var isParked: Bool { parkings > 0 }

    private func receive(_ input: Input) {
        guard !isEnded else { return }
        activity &+= 1
        if isParked {
            backlog.append(input)
        } else {
            process(input)
        }
    }

    private func process(_ input: Input) {
        switch input {
        case .stanza(let stanza): process(stanza)
        case .nonza(let nonza): process(nonza)
        case .opened(let header): process(header)
        case .closed: end(nil)
        case .failed(let error): fail(error)
        }
    }

    /// Holds all later input until `unpark`; the transport stops reading.
    package func park() {
        parkings += 1
        if parkings == 1 { transport?.pauseInput() }
    }

    package func unpark() {
        parkings -= 1
        guard parkings == 0, !isEnded else { return }
        var index = 0
        let waiting = backlog
        backlog = []
        while index < waiting.count, parkings == 0, !isEnded {
            process(waiting[index])
            index += 1
        }
        if index < waiting.count { backlog.insert(contentsOf: waiting[index...], at: 0) }
        guard parkings == 0, !isEnded else { return }
        transport?.resumeInput()
        handOver()
    }

    /// Parks for a while, as the shaper wants it.
    func pause(milliseconds: Int) {
        park()
        pauses += 1
        loop.schedule(afterMilliseconds: milliseconds) {
            guard self.pauses > 0 else { return }
            self.pauses -= 1
            self.unpark()
        }
    }

    /// Ends all pauses: a peer that is gone sends nothing too fast.
    func endPauses() {
        while pauses > 0 {
            pauses -= 1
            unpark()
        }
    }

    /// Runs work that takes time, and keeps this stream's later stanzas waiting for it.
    package func hold(_ work: @escaping @Sendable () async -> Void) {
        park()
        Task {
            await work()
            loop.execute { self.unpark() }
        }
    }

    // MARK: the end

    /// Ends the stream with an error that the peer is told.
    package func fail(_ error: StreamError) { end(error) }

    /// The connection is gone; nothing can be sent any more.
    ///
    /// The session ends, unless its keeper holds it.
    package func transportLost() {
        guard !isEnded else { return }
        transport = nil
        if let awaited { return awaited.ends(.lost) }
        if kept != nil { lose() } else { end(nil) }
    }

    func end(_ error: StreamError?) {
        guard !isEnded else { return }
        if let awaited { return end(error, awaiting: awaited) }
        if let error, survives(error) { return }
        isEnded = true
        if error != nil, transport != nil { loop.counters.add(.streamsFailed(transportClass)) }
        backlog = []
        negotiation = nil
        cancelNegotiationTimer()
        if let error, machine.state != .closed || error.condition != .conflict {
            Self.log.debug(
                "stream ended",
                metadata: [
                    "jid": "\(jid?.description ?? "-")", "error": "\(error.condition.rawValue)",
                ])
        }
        if isAnonymous { releaseName() }
        machine.closed()
        let connection = self.transport
        self.transport = nil
        guard let host, fullJID != nil else {
            connection?.close(error)
            self.host?.left(self)
            return
        }
        let claims = kept?.takeClaims(stoppingTimersOf: loop) ?? []
        host.ended(self, leaving: kept?.keeper.takeAll() ?? []) { connection?.close(error) }
        for claim in claims { claim.fail(.gone) }
    }

    /// Closes the connection, if there is one.
    func disconnect(_ error: StreamError?) {
        let transport = transport
        self.transport = nil
        transport?.close(error)
    }

    package var isOver: Bool { isEnded }

    private func startNegotiationTimer() {
        guard options.negotiationTimeout > 0 else { return }
        // Not weakly: a weak reference would slow every later one down. Its end cancels the timer.
        negotiationTimer = loop.schedule(afterSeconds: options.negotiationTimeout) {
            self.end(StreamError(.connectionTimeout, "negotiation took too long"))
        }
    }

    func cancelNegotiationTimer() {
        guard let negotiationTimer else { return }
        loop.timers.cancel(negotiationTimer)
        self.negotiationTimer = nil
    }

    // MARK: output

    package func deliver(_ stanza: Stanza) {
        if let kept, !keep(stanza, kept) { return }
        guard let transport else { return missed(stanza) }
        write(stanza, to: transport)
    }

    func write(_ stanza: Stanza, to transport: any StreamTransport) {
        loop.counters.add(.stanzasOut(stanza.kind, transportClass))
        if stanza.type == .error { loop.counters.add(.stanzaErrors(stanza.kind)) }
        transport.send(stanza)
    }

    func send(_ nonza: Element) { transport?.send(nonza) }

    /// Answers a stanza of this client with an error, when its type allows an answer.
    package func refuse(_ stanza: Stanza, _ error: StanzaError) {
        guard stanza.type != .error, stanza.type != .result else { return }
        deliver(
            Stanza(
                stanza.kind, type: .error, id: stanza.id, from: stanza.to,
                payload: stanza.payload.appending(error.element)))
    }
}

extension C2SSession: StreamParserDelegate {
    package func parserOpened(_ header: StreamHeader) { receive(.opened(header)) }
    package func parserReceived(_ stanza: ParsedStanza) {
        loop.counters.add(.stanzasIn(stanza.kind, transportClass))
        receive(.stanza(stanza))
    }

    package func parserReceived(_ nonza: Element) { receive(.nonza(nonza)) }
    package func parserClosed() { receive(.closed) }
    package func parserFailed(_ error: StreamError) { receive(.failed(error)) }
}
