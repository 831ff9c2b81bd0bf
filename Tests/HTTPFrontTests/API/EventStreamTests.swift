import ControlProtocol
import Synchronization
import Testing
import XMPPEngine

@testable import HTTPFront

@Suite("HTTP API: server-sent events")
struct EventStreamTests {
    private let feed = EventFeed(capacity: 100)
    private let over = Signal()
    private let isAllowed = Flag(true)

    /// A truth value that several threads share.
    private final class Flag: Sendable {
        private let value: Atomic<Bool>

        init(_ value: Bool) { self.value = Atomic(value) }

        var isSet: Bool { value.load(ordering: .relaxed) }

        func set(_ new: Bool) { value.store(new, ordering: .relaxed) }
    }

    private func server(_ change: (inout EventStream.Settings) -> Void = { _ in }) throws
        -> TestServer
    {
        var settings = EventStream.Settings()
        change(&settings)
        let handler = TestHandler(methods: [.get]) { [feed, over, isAllowed, settings] exchange in
            exchange.hold()
            let stream = EventStream(
                exchange, feed: feed, settings: settings,
                isStillAllowed: { isAllowed.isSet }, whenOver: { _ in over.raise() })
            do throws(APIError) {
                stream.begin(
                    try EventRequest(
                        query: exchange.query, lastEventID: exchange.field("Last-Event-ID")))
            } catch {
                exchange.respond(error)
            }
        }
        return try TestServer([Mount(prefix: "/events", handler: handler)])
    }

    /// Reads lines of a chunked body up to an empty one, which ends an event or comment.
    private func event(_ client: RawClient) throws -> [String] {
        var lines: [String] = []
        while true {
            let line = try client.readLine()
            let isChunkSize = !line.isEmpty && line.count < 8 && line.allSatisfy(\.isHexDigit)
            if isChunkSize { continue }
            guard !line.isEmpty else {
                if lines.isEmpty { continue }
                return lines
            }
            lines.append(line)
        }
    }

    private func open(_ server: TestServer, _ fields: String = "") throws -> RawClient {
        let client = try server.client()
        client.send("GET /events?feeds=alarm HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        let head = try client.readHead()
        #expect(head.status == 200)
        #expect(head["content-type"] == "text/event-stream")
        #expect(head["cache-control"] == "no-store")
        #expect(try event(client) == ["retry: 3000"])
        return client
    }

    private func publish(_ text: String) {
        feed.publish(.alarm, "raised", [.init("text", .string(text))])
    }

    @Test("An event comes with id, kind and one line of JSON; others' kinds do not")
    func events() throws {
        let server = try server()
        let client = try open(server)
        feed.publish(.session, "opened", [])
        publish("a\nb")
        let lines = try event(client)
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("id: ") && lines[1] == "event: alarm")
        let json = try JSONValue.parse(lines[2].dropFirst("data: ".count).utf8)
        #expect(json["text"]?.string == "a\nb")
        #expect(json["id"]?.int.map { "id: \($0)" } == lines[0])
        #expect(json["kind"]?.string == "alarm" && json["event"]?.string == "raised")
    }

    @Test("Whoever comes back gets what was missed, in order")
    func replay() throws {
        let server = try server()
        for text in ["one", "two", "three"] { publish(text) }
        let first = try #require(feed.recent([.alarm]).first)
        let client = try open(server, "Last-Event-ID: \(first.id)\r\n")
        #expect(try event(client).last?.contains("two") == true)
        #expect(try event(client).last?.contains("three") == true)
        publish("four")
        #expect(try event(client).last?.contains("four") == true)
    }

    @Test("Whoever saw an event that is not kept any more is told that some are lost")
    func lost() throws {
        let server = try server()
        publish("one")
        let client = try open(server, "Last-Event-ID: 5\r\n")
        #expect(try event(client) == ["event: lost", "data: {}"])
        #expect(try event(client).last?.contains("one") == true)
    }

    @Test("A quiet stream shows signs of life")
    func heartbeat() throws {
        let server = try server { $0.heartbeat = .milliseconds(50) }
        let client = try open(server)
        #expect(try event(client) == [":"])
        #expect(try event(client) == [":"])
    }

    @Test("A stream ends when its watcher may watch no longer")
    func permission() throws {
        let server = try server {
            $0.heartbeat = .milliseconds(50)
            $0.beatsPerCheck = 1
        }
        let client = try open(server)
        isAllowed.set(false)
        #expect(over.wait())
        withExtendedLifetime(client) {}
    }

    @Test("A watcher that leaves is forgotten, and its connection is closed")
    func leaving() throws {
        let server = try server()
        let client = try open(server)
        #expect(connectionCount(server) == 1)
        client.close()
        #expect(over.wait())
        let pause = Signal()
        for _ in 0..<200 where connectionCount(server) > 0 { _ = pause.wait(seconds: 0.02) }
        #expect(connectionCount(server) == 0)
    }

    private func connectionCount(_ server: TestServer) -> Int {
        final class Count: Sendable { let value = Mutex(-1) }
        let count = Count()
        let isKnown = Signal()
        let loop = server.loops[0]
        loop.execute {
            count.value.withLock { $0 = loop.connections.count }
            isKnown.raise()
        }
        #expect(isKnown.wait())
        return count.value.withLock { $0 }
    }

    @Test("A watcher that does not read is cut off, and the server keeps little for it")
    func slow() throws {
        let server = try server { $0.waitingBytesMax = 65_536 }
        let client = try open(server)
        let text = String(repeating: "x", count: 60_000)
        var count = 0
        while !over.wait(seconds: 0.005), count < 2000 {
            publish(text)
            count += 1
        }
        #expect(count < 2000)
        withExtendedLifetime(client) {}
    }

    @Test("What is no request for events is refused")
    func refused() throws {
        for query in ["feeds=", "feeds=alarm,", "feeds=gossip", "feeds=alarm&x=1", "feeds=%ff"] {
            #expect(throws: APIError.self) { try EventRequest(query: query, lastEventID: nil) }
        }
        for id in ["", "x", "-1", "1.5", "99999999999999999999"] {
            #expect(throws: APIError.self) { try EventRequest(query: nil, lastEventID: id) }
        }
        #expect(try EventRequest(query: nil, lastEventID: nil).kinds.count == 3)
        let request = try EventRequest(
            query: "feeds=alarm,session&feeds=presence&last_event_id=7", lastEventID: nil)
        #expect(request.kinds == [.alarm, .session, .presence] && request.lastID == 7)
        #expect(try EventRequest(query: "last_event_id=7", lastEventID: "9").lastID == 9)
    }
}
