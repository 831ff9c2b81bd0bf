import Synchronization
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Component streams · XEP-0114")
struct ComponentStreamTests {
    /// Time-outs are all that waits here, and none comes due.
    private final class Driver: LoopDriver {
        func wake(_ work: @escaping @Sendable () -> Void) {}
        func atEndOfTurn(_ work: @escaping @Sendable () -> Void) {}
        func schedule(afterMilliseconds delay: Int, _ work: @escaping @Sendable () -> Void) {}
    }

    private final class Host: ComponentHost {
        let returned = Mutex<[Stanza]>([])
        func secret(of domain: String) -> String? { nil }
        func join(_ stream: ComponentStream, domain: String) -> [String] { [] }
        func received(_ stanza: Stanza, from stream: ComponentStream) {}
        func left(_ stream: ComponentStream) {}
        func undelivered(_ stanza: Stanza) { returned.withLock { $0.append(stanza) } }
    }

    private static func stream(_ host: Host = Host()) -> ComponentStream {
        let transport = TestTransport(loop: StreamLoop(driver: Driver()), inbox: Inbox())
        return ComponentStream(
            transport: transport, host: host, limits: .beforeLogin, checksFrom: true,
            shaper: .none, negotiationSeconds: 120)
    }

    @Test("Nothing keeps a stream that has ended", arguments: [false, true])
    func freed(isLost: Bool) {
        var stream: ComponentStream? = Self.stream()
        weak let kept = stream
        // The transport forgets its owner as it closes; the loop stays.
        let loop = stream?.loop
        if isLost { stream?.transportLost() } else { stream?.end(StreamError(.notAuthorized)) }
        stream = nil
        #expect(kept == nil)
        withExtendedLifetime(loop) {}
    }

    @Test("A stream that negotiates is kept by its time-out")
    func kept() {
        var stream: ComponentStream? = Self.stream()
        weak let kept = stream
        let loop = stream?.loop
        stream = nil
        #expect(kept != nil)
        withExtendedLifetime(loop) {}
    }

    @Test("What comes for a stream that has ended goes back, on its way and from the connection")
    func returned() {
        let host = Host()
        let stream = Self.stream(host)
        let written = Undelivered.stanzas(
            inStream: Array("<message id='2' to='a@b'/>".utf8), with: ParserPool())
        stream.giveBack(written)
        #expect(host.returned.withLock { $0.isEmpty }, "it may still arrive")
        stream.end(nil)
        stream.deliver(Stanza(.message, type: .chat, id: "1", to: JID("a@b")))
        stream.giveBack(written)
        #expect(host.returned.withLock { $0.map(\.id) } == ["1", "2"])
        #expect(host.returned.withLock { $0.last?.to } == JID("a@b"))
    }
}
