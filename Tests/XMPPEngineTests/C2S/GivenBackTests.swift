import Testing

@testable import XMPPCore
@testable import XMPPEngine

@Suite("What comes back from a session's connection", .timeLimit(.minutes(1)))
struct GivenBackTests {
    /// A connection that is lost at the moment it is to be closed.
    private final class BrokenTransport: StreamTransport {
        let loop: StreamLoop
        let kind = TransportKind.tcp
        var isBehind: Bool { false }
        private let session: C2SSession
        private let unsent: [ParsedStanza]

        init(_ session: C2SSession, unsent: String) {
            loop = session.loop
            self.session = session
            self.unsent = Undelivered.stanzas(inStream: Array(unsent.utf8), with: ParserPool())
        }

        func close(_ error: StreamError?) { session.giveBack(unsent) }

        func open(_ opening: StreamOpening) {}
        func send(_ stanza: Stanza) {}
        func send(_ nonza: Element) {}
        func restart() {}
        func startTLS() {}
        func pauseInput() {}
        func resumeInput() {}
        func flushOutput() {}
    }

    @Test(
        "A session that ends does not get it itself",
        arguments: ["romeo@example.com", "romeo@example.com/balcony"])
    func notToItself(recipient: String) async throws {
        try await withHost { host in
            let offline = OfflineRecord(of: host.host)
            let romeo = try await host.user("romeo", "balcony")
            await romeo.becomesAvailable()
            let session = romeo.session
            await session.onLoop {
                session.transport = BrokenTransport(
                    session,
                    unsent: ["1", "2"].map {
                        "<message type='chat' id='\($0)' from='a@example.com' to='\(recipient)'/>"
                    }.joined())
                session.end(nil)
            }
            await offline.wait(for: 2)
            #expect(offline.all == ["1", "2"])
        }
    }

    @Test("Another session of the account gets it")
    func toAnother() async throws {
        try await withHost { host in
            let romeo = try await host.user("romeo", "balcony")
            let garden = try await host.user("romeo", "garden")
            await romeo.becomesAvailable()
            await garden.becomesAvailable()
            await garden.ignoresWhatCame()
            let session = romeo.session
            await session.onLoop {
                session.transport = BrokenTransport(
                    session,
                    unsent: "<message type='chat' id='1' from='a@b.example' to='\(romeo.jid)'/>")
                session.end(StreamError(.connectionTimeout))
            }
            var next = await garden.next()
            if next?.kind == .presence { next = await garden.next() }
            #expect(next?.id == "1")
        }
    }
}
