import Logging
import XMPPCore

/// The stream of another server (`ejabberd_s2s_in`): answered, and closed with the reason.
///
/// Guarded by the event loop of its transport.
package final class S2SInStream: @unchecked Sendable {
    // Sendable because all is touched on `loop` only, but for the constants.
    package let loop: StreamLoop
    package let limits: StreamLimits
    private let directory: any C2SDirectory
    private var transport: (any StreamTransport)?
    private var machine = S2SInStateMachine()
    private var shaper: StreamShaper
    private var isPaused = false
    private var negotiationTimer: CoarseTimers.Token?
    private static let log = Logger(label: "martlet.s2s")

    /// - Parameters:
    ///   - transport: Has just connected.
    ///   - directory: Knows the served domains.
    ///   - limits: Of its header.
    ///   - shaper: How fast it may send.
    ///   - negotiationSeconds: Until its header must be there.
    package init(
        transport: any StreamTransport, directory: any C2SDirectory, limits: StreamLimits,
        shaper: StreamShaper, negotiationSeconds: Int
    ) {
        self.transport = transport
        self.directory = directory
        self.limits = limits
        self.shaper = shaper
        loop = transport.loop
        negotiationTimer = loop.schedule(afterSeconds: negotiationSeconds) {
            self.end(StreamError(.connectionTimeout, "negotiation took too long"))
        }
    }

    private func open(_ header: StreamHeader) {
        let host = Self.domain(header["to"]).flatMap { directory.host($0) == nil ? nil : $0 }
        let sender = Self.domain(header["from"])
        var opening = S2SInStateMachine.Opening()
        opening.isStreamsNamespace = header.namespace == .streams
        opening.isNamedStream = header.name == "stream"
        opening.isServerNamespace = header.contentNamespace == .server
        opening.version = StreamVersion(header["version"])
        opening.isServed = host != nil
        opening.isForeign =
            header["from"] == nil || sender.map { directory.host($0) == nil } ?? false
        guard case .refuse(let error) = machine.streamOpened(opening) else { return }
        // A server from before version 1.0 gets no version back (RFC 6120 §4.7.5).
        transport?.open(
            StreamOpening(
                id: SecureRandom.token(), from: host ?? directory.defaultDomain,
                to: sender.flatMap { JID($0) }, language: "en",
                hasVersion: opening.version != .none))
        Self.log.debug(
            "stream of a server refused",
            metadata: ["from": "\(sender ?? "-")", "condition": "\(error.condition.rawValue)"])
        end(error)
    }

    /// The domain that an attribute is; `nil` when it is missing or no domain.
    private static func domain(_ attribute: String?) -> String? {
        guard let jid = attribute.flatMap({ BareJID($0) }), jid.isDomain else { return nil }
        return jid.domainpart
    }

    private func end(_ error: StreamError?) {
        guard let transport else { return }
        self.transport = nil
        cancelNegotiationTimer()
        if error != nil { loop.counters.add(.streamsFailed(.server)) }
        machine.closed()
        transport.close(error)
    }

    /// The timer would keep the stream alive.
    private func cancelNegotiationTimer() {
        guard let negotiationTimer else { return }
        loop.timers.cancel(negotiationTimer)
        self.negotiationTimer = nil
    }

    private func unpause() {
        isPaused = false
        transport?.resumeInput()
    }
}

extension S2SInStream: ByteStreamOwner {
    package var isParked: Bool { isPaused }
    package var isEstablished: Bool { false }
    package var domain: String { directory.defaultDomain }
    package var transportClass: TransportClass { .server }

    package func took(_ bytes: Int) {
        loop.counters.add(.bytesIn(.server), bytes)
        let pause = shaper.pause(after: bytes, now: CoarseTimers.milliseconds())
        guard pause > 0, !isPaused else { return }
        isPaused = true
        loop.schedule(afterMilliseconds: pause) { self.unpause() }
    }

    package func secured(_ facts: TLSFacts) {}
    package func parserFailed(_ error: StreamError) { end(error) }
    package func shutDown(_ error: StreamError) { end(error) }

    package func transportLost() {
        guard transport != nil else { return }
        transport = nil
        cancelNegotiationTimer()
        machine.closed()
    }

    /// Nothing but the header and the error is ever sent.
    package func giveBack(_ stanzas: [ParsedStanza]) {}

    package func parserOpened(_ header: StreamHeader) { open(header) }

    // The stream is closed with its header: nothing comes after that.
    package func parserReceived(_ stanza: ParsedStanza) {}
    package func parserReceived(_ nonza: Element) {}
    package func parserClosed() { end(nil) }
}
