import Logging
import XMPPCore

/// What a component's stream needs of the server; implemented a layer up.
package protocol ComponentHost: AnyObject, Sendable {
    /// The secret of a domain; `nil` when components may not serve it.
    func secret(of domain: String) -> String?
    /// Enters the domain, and those that come with it.
    ///
    /// - Returns: The domains that the component serves now; none when the domain is taken.
    func join(_ stream: ComponentStream, domain: String) -> [String]
    func received(_ stanza: Stanza, from stream: ComponentStream)
    func left(_ stream: ComponentStream)
    /// Takes a stanza back that a stream which has left did not bring to its component.
    func undelivered(_ stanza: Stanza)
}

/// The stream of an external component (XEP-0114; the classic `ejabberd_service`).
///
/// Guarded by the event loop of its transport.
package final class ComponentStream: StanzaReceiver, StanzaOrigin, @unchecked Sendable {
    // Sendable because all is touched on `loop` only, but for the constants.
    package let loop: StreamLoop
    package let limits: StreamLimits
    private let host: any ComponentHost
    private let checksFrom: Bool
    private var transport: (any StreamTransport)?
    private var machine = ComponentStateMachine()
    private var shaper: StreamShaper
    private var backlog: [ParsedStanza] = []
    private var parkings = 0
    private var negotiationTimer: CoarseTimers.Token?
    private static let log = Logger(label: "martlet.component")

    /// - Parameters:
    ///   - transport: Has just connected.
    ///   - host: Knows secrets and routes.
    ///   - limits: Of its stanzas.
    ///   - checksFrom: Whether `from` must be in one of its domains.
    ///   - shaper: How fast it may send.
    ///   - negotiationSeconds: Until it must have joined.
    package init(
        transport: any StreamTransport, host: any ComponentHost, limits: StreamLimits,
        checksFrom: Bool, shaper: StreamShaper, negotiationSeconds: Int
    ) {
        self.transport = transport
        self.host = host
        self.limits = limits
        self.checksFrom = checksFrom
        self.shaper = shaper
        loop = transport.loop
        negotiationTimer = loop.schedule(afterSeconds: negotiationSeconds) {
            self.end(StreamError(.connectionTimeout, "negotiation took too long"))
        }
    }

    package var domains: [String] {
        guard case .established(let domains) = machine.state else { return [] }
        return domains
    }

    package func deliver(_ stanza: Stanza) {
        guard let transport else { return host.undelivered(stanza) }
        loop.counters.add(.stanzasOut(stanza.kind, .component))
        if stanza.type == .error { loop.counters.add(.stanzaErrors(stanza.kind)) }
        transport.send(stanza)
    }

    package func hold(_ work: @escaping @Sendable () async -> Void) {
        parkings += 1
        Task {
            await work()
            loop.execute { self.unpark() }
        }
    }

    private func unpark() {
        parkings -= 1
        var waiting = backlog[...]
        backlog = []
        while parkings == 0, let stanza = waiting.popFirst() { process(stanza) }
        backlog = Array(waiting) + backlog
        if parkings == 0 { transport?.resumeInput() }
    }

    /// Ends the stream with an error that the component is told.
    package func end(_ error: StreamError?) {
        guard let transport else { return }
        self.transport = nil
        cancelNegotiationTimer()
        if error != nil { loop.counters.add(.streamsFailed(.component)) }
        machine.closed()
        backlog = []
        // First, so that what comes back from the transport does not find its way here again.
        host.left(self)
        transport.close(error)
    }

    /// The timer would keep the stream alive.
    private func cancelNegotiationTimer() {
        guard let negotiationTimer else { return }
        loop.timers.cancel(negotiationTimer)
        self.negotiationTimer = nil
    }

    // MARK: what comes

    private func process(_ parsed: ParsedStanza) {
        switch machine.stanzaReceived() {
        case .route: route(parsed)
        case .close(let error): end(error)
        case .ignore: break
        }
    }

    private func route(_ parsed: ParsedStanza) {
        guard let from = parsed.from.flatMap({ JID($0) }) else {
            return end(StreamError(parsed.from == nil ? .improperAddressing : .invalidFrom))
        }
        if checksFrom, !domains.contains(from.bare.domainpart) {
            return end(StreamError(.invalidFrom))
        }
        let fault: StanzaError?
        var to: JID?
        switch parsed.to {
        case .none: return end(StreamError(.improperAddressing))
        case .malformed: fault = .jidMalformed
        case .valid(let address):
            to = address
            fault = parsed.requestFault
        }
        let stanza = Stanza(
            parsed.kind, type: parsed.type ?? .set, id: parsed.id, from: from, to: to,
            language: parsed.language, payload: parsed.payload)
        if let fault {
            if parsed.type != .error, parsed.type != .result { refuse(stanza, fault) }
        } else {
            host.received(stanza, from: self)
        }
    }

    private func refuse(_ stanza: Stanza, _ error: StanzaError) {
        deliver(
            Stanza(
                stanza.kind, type: .error, id: stanza.id, from: stanza.to, to: stanza.from,
                payload: stanza.payload.appending(error.element)))
    }

    private func open(_ header: StreamHeader) {
        let id = SecureRandom.token()
        let domain = header["to"].flatMap { BareJID($0) }.flatMap { jid in
            jid.isDomain && host.secret(of: jid.domainpart) != nil ? jid.domainpart : nil
        }
        let answer = machine.streamOpened(
            isStreamsNamespace: header.namespace == .streams && header.name == "stream",
            isComponentNamespace: header.contentNamespace == .componentAccept, domain: domain,
            streamID: id)
        transport?.open(
            StreamOpening(
                id: id, from: domain ?? "", to: nil, language: "en", hasVersion: false))
        if case .refuse(let error) = answer { return end(error) }
        loop.counters.add(.streamsOpened(.component))
    }

    private func shakeHands(_ digest: String) {
        switch machine.handshakeReceived() {
        case .verify(let domain, let streamID):
            guard let secret = host.secret(of: domain), isRight(digest, streamID, secret) else {
                Self.log.warning("component refused", metadata: ["domain": "\(domain)"])
                return end(StreamError(.notAuthorized))
            }
            let domains = host.join(self, domain: domain)
            guard !domains.isEmpty else { return end(StreamError(.conflict)) }
            machine.joined(domains)
            cancelNegotiationTimer()
            transport?.send(Element("handshake", .componentAccept))
            Self.log.info("component joined", metadata: ["domains": "\(domains)"])
        case .close(let error): end(error)
        case .ignore: break
        }
    }

    /// XEP-0114 §3.3: lower-case hexadecimal SHA-1 of stream id and secret.
    private func isRight(_ digest: String, _ streamID: String, _ secret: String) -> Bool {
        let expected = HashFunction.sha1.digest(of: Array((streamID + secret).utf8))
        let digits = Array("0123456789abcdef".utf8)
        let text = expected.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return ConstantTime.areEqual(text, Array(digest.utf8))
    }
}

extension ComponentStream: ByteStreamOwner {
    package var isParked: Bool { parkings > 0 }
    package var isEstablished: Bool { !domains.isEmpty }
    package var domain: String { domains.first ?? "" }

    package var transportClass: TransportClass { .component }

    package func took(_ bytes: Int) {
        loop.counters.add(.bytesIn(.component), bytes)
        let pause = shaper.pause(after: bytes, now: CoarseTimers.milliseconds())
        guard pause > 0 else { return }
        parkings += 1
        loop.schedule(afterMilliseconds: pause) { self.unpark() }
    }

    package func secured(_ facts: TLSFacts) {}
    package func parserFailed(_ error: StreamError) { end(error) }
    package func shutDown(_ error: StreamError) { end(error) }

    package func transportLost() {
        guard transport != nil else { return }
        transport = nil
        cancelNegotiationTimer()
        machine.closed()
        host.left(self)
    }

    package func giveBack(_ stanzas: [ParsedStanza]) {
        guard transport == nil else { return }
        for stanza in stanzas { host.undelivered(stanza.written(to: nil)) }
    }

    package func parserOpened(_ header: StreamHeader) { open(header) }

    package func parserReceived(_ stanza: ParsedStanza) {
        guard transport != nil else { return }
        loop.counters.add(.stanzasIn(stanza.kind, .component))
        if isParked { backlog.append(stanza) } else { process(stanza) }
    }

    package func parserReceived(_ nonza: Element) {
        if nonza.is("handshake", .client) || nonza.is("handshake", .componentAccept) {
            shakeHands(nonza.text)
        } else if nonza.is("error", .streams) {
            end(nil)
        } else {
            end(StreamError(.unsupportedStanzaType))
        }
    }

    package func parserClosed() { end(nil) }
}
