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
        func secret(of domain: String) -> String? { nil }
        func join(_ stream: ComponentStream, domain: String) -> [String] { [] }
        func received(_ stanza: Stanza, from stream: ComponentStream) {}
        func left(_ stream: ComponentStream) {}
    }

    private static func stream() -> ComponentStream {
        let transport = TestTransport(loop: StreamLoop(driver: Driver()), inbox: Inbox())
        return ComponentStream(
            transport: transport, host: Host(), limits: .beforeLogin, checksFrom: true,
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
}
