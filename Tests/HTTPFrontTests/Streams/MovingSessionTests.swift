import Foundation
import Synchronization
import Testing
import XMPPCore

@testable import HTTPFront
@testable import XMPPEngine

@Suite("A session goes from transport to transport · XEP-0198 §5", .timeLimit(.minutes(2)))
struct MovingSessionTests {
    /// What the server's side keeps of Romeo; a `Mutex` guards it.
    private final class Keeper: SessionKeeper {
        private struct State {
            var kept: [Stanza] = []
            var acknowledged = 0
            var received = 0
            var resent: [Int] = []
        }

        private let state = Mutex(State())

        var receivedCount: Int { state.withLock { $0.received } }

        /// How many messages were sent again, at each resumption.
        var resent: [Int] { state.withLock { $0.resent } }

        func note(resent count: Int) { state.withLock { $0.resent.append(count) } }

        /// What the client lacks that has so many messages.
        func acknowledge(_ count: Int) -> [Stanza] {
            state.withLock { state in
                let new = max(0, min(count - state.acknowledged, state.kept.count))
                state.kept.removeFirst(new)
                state.acknowledged += new
                return state.kept
            }
        }

        func sent(_ stanza: Stanza) -> Bool {
            if stanza.kind == .message { state.withLock { $0.kept.append(stanza) } }
            return true
        }

        var keptBytes: Int { state.withLock { $0.kept.reduce(0) { $0 + $1.footprint } } }

        func received() { state.withLock { $0.received += 1 } }

        func lost() -> OnConnectionLost { .hold(seconds: 60) }

        func takeAll() -> [Stanza] {
            state.withLock { state in
                defer { state.kept = [] }
                return state.kept
            }
        }
    }

    /// Takes what stream management would: `keep`, `got` and `resume`.
    private static func serve(_ keeper: Keeper, on host: VirtualHost) {
        host.hooks.nonza.attach("moving", .deliver) { element, session in
            guard element.namespace.name == MovingClient.namespace,
                let count = element["count"].flatMap({ Int($0) })
            else { return false }
            switch element.name {
            case "keep":
                guard session.keep(with: keeper) else { return false }
                session.send(answer("kept", 0))
            case "got":
                _ = keeper.acknowledge(count)
            default:
                resume(session, on: host, keeper, having: count)
            }
            return true
        }
    }

    private static func resume(
        _ session: C2SSession, on host: VirtualHost, _ keeper: Keeper, having count: Int
    ) {
        guard let account = session.unboundAccount,
            let resource = host.sessions.session(account, "r")
        else { return session.fail(StreamError(.internalServerError, "nothing to resume")) }
        host.resume(resource, on: session) { result in
            guard case .success = result else {
                return session.fail(StreamError(.internalServerError, "\(result)"))
            }
            session.send(answer("resumed", keeper.receivedCount))
            let missing = keeper.acknowledge(count)
            keeper.note(resent: missing.count)
            for stanza in missing { session.sendAgain(stanza) }
        }
    }

    private static func answer(_ name: String, _ count: Int) -> Element {
        Element(name, Namespace(MovingClient.namespace), attributes: [("count", "\(count)")])
    }

    // MARK: the stage

    private enum Way: CaseIterable {
        case tcp, webSocket, bosh, polling

        func client(_ ports: Ports) throws -> MovingClient {
            switch self {
            case .tcp: MovingClient(try TCPClientTransport(port: ports.tcp))
            case .webSocket: MovingClient(try WebSocketClientTransport(port: ports.http))
            case .bosh: MovingClient(BOSHClientTransport(port: ports.http))
            case .polling: MovingClient(PollClientTransport(port: ports.http))
            }
        }
    }

    private struct Ports: Sendable {
        let tcp: UInt16
        let http: UInt16
    }

    /// Somebody who writes without a pause; a thread of its own runs it.
    private final class Writer: Sendable {
        private let isDone = Atomic(false)
        private let taken = Atomic(0)
        /// How far ahead of its reader it may be, so that the reader keeps up.
        private static let leadMax = 300

        func stop() { isDone.store(true, ordering: .relaxed) }

        func reads(upTo count: Int) { taken.store(count, ordering: .relaxed) }

        /// - Returns: How many messages it sent.
        func run(_ juliet: MovingClient) throws -> Int {
            var sent = 0
            while !isDone.load(ordering: .relaxed) {
                if sent - taken.load(ordering: .relaxed) < Self.leadMax {
                    for number in (sent + 1)...(sent + 20) {
                        try juliet.send(number, to: "romeo@localhost/r")
                    }
                    sent += 20
                }
                try juliet.catchesUp()
            }
            return sent
        }
    }

    /// Romeo, on his way from transport to transport.
    private final class Journey: @unchecked Sendable {
        // Sendable because one thread after the other uses it.
        private let ports: Ports
        private let writer: Writer
        private var client: MovingClient
        /// Messages that came to his former clients.
        private var earlier: [Int] = []
        /// How many messages he has written.
        private(set) var sent = 0

        /// Messages that he reads and writes with each client.
        private static let reads = 60
        private static let writes = 12

        var received: [Int] { earlier + client.received }

        init(_ ports: Ports, _ writer: Writer, by way: Way) throws {
            self.ports = ports
            self.writer = writer
            client = try way.client(ports)
            try client.logIn("romeo")
            try client.bind("r")
            try client.say("keep", count: 0)
            _ = try client.hears("kept")
        }

        /// Goes from way to way; the former connection breaks at every other step, and is still
        /// there at the rest.
        func go(_ ways: [Way]) throws {
            defer { writer.stop() }
            for (step, way) in ways.enumerated() {
                try talk()
                let former = client
                if step % 2 == 0 { former.abandon() }
                try resume(way)
                if step % 2 == 1 { former.abandon() }
            }
            try talk()
        }

        /// Reads a part of what comes, and leaves the rest to its fate.
        private func talk() throws {
            try send(sent + 1, through: sent + Self.writes)
            sent += Self.writes
            try client.receives(Self.reads / 2)
            try client.say("got", count: earlier.count + client.received.count)
            try client.receives(Self.reads)
            writer.reads(upTo: earlier.count + client.received.count)
        }

        private func send(_ first: Int, through last: Int) throws {
            for number in first..<(last + 1) {
                try client.send(number, to: "juliet@localhost/r")
            }
        }

        private func resume(_ way: Way) throws {
            earlier = received
            client = try way.client(ports)
            try client.logIn("romeo")
            try client.say("resume", count: earlier.count)
            let arrived = try client.hears("resumed")
            try #require(arrived <= sent)
            try send(arrived + 1, through: sent)
        }

        /// Reads until so many messages have come in all, and whatever comes besides.
        func readAll(_ count: Int) throws {
            try client.receives(count - earlier.count)
            try client.catchesUp()
        }
    }

    /// The first number that is not where it should be.
    private static func fault(in numbers: [Int], of count: Int) -> String? {
        for (index, number) in numbers.enumerated() where number != index + 1 {
            return "\(number) came in place of \(index + 1)"
        }
        return numbers.count == count ? nil : "\(numbers.count) came of \(count)"
    }

    /// Runs what blocks on a thread of its own.
    private static func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
        }
    }

    // MARK: plays

    /// Every way is followed by every way.
    private static let ways: [Way] = [
        .tcp, .webSocket, .tcp, .bosh, .tcp, .polling, .webSocket, .webSocket, .bosh, .webSocket,
        .polling, .bosh, .bosh, .polling, .polling, .tcp,
    ]

    @Test("Nothing is lost, doubled or reordered, whichever ways it takes, in either direction")
    func journey() async throws {
        let tcp = try ListeningSocket(HTTPEndpoint(.port(0, ip: "127.0.0.1"))).port
        let listener = """
              - port: \(tcp)
                ip: 127.0.0.1
                module: ejabberd_c2s
            hosts: [localhost]
            """
        try await WebScene.play(listener) { scene in
            let host = try #require(scene.server.hosts["localhost"])
            for name in ["romeo", "juliet"] {
                #expect(try await AccountService(host).create(name, password: "secret") == .done)
            }
            let keeper = Keeper()
            Self.serve(keeper, on: host)
            let ports = Ports(tcp: tcp, http: scene.port)
            let writer = Writer()
            let juliet = try await Self.onThread {
                let juliet = MovingClient(try TCPClientTransport(port: tcp))
                try juliet.logIn("juliet")
                try juliet.bind("r")
                return juliet
            }
            let journey = try await Self.onThread { try Journey(ports, writer, by: .tcp) }
            async let written = Self.onThread { try writer.run(juliet) }
            try await Self.onThread { try journey.go(Self.ways) }
            let count = try await written
            try await Self.onThread { try journey.readAll(count) }
            try await Self.onThread {
                try juliet.receives(journey.sent)
                try juliet.catchesUp()
            }
            #expect(Self.fault(in: journey.received, of: count) == nil)
            #expect(Self.fault(in: juliet.received, of: journey.sent) == nil)
            #expect(
                keeper.resent.count { $0 > 0 } > Self.ways.count / 2,
                "messages were on their way: \(keeper.resent)")
            #expect(host.sessions.count == 2)
        }
    }
}
