import Glibc
import Logging
import Synchronization
import Testing

@testable import HTTPFront

/// A server on a free port with loops of its own; stops when it goes.
final class TestServer {
    let loops: [HTTPLoop]
    let server: HTTPServer

    init(
        _ mounts: [Mount], limits: HTTPLimits = HTTPLimits(), loopCount: Int = 1,
        endpoint: HTTPEndpoint = HTTPEndpoint(.port(0, ip: "127.0.0.1")),
        door: HTTPServer.Door = HTTPServer.Door(), accessLog: AccessLog? = nil
    ) throws {
        var log = Logger(label: "http test")
        log.logLevel = .critical
        var loops: [HTTPLoop] = []
        for index in 0..<loopCount {
            loops.append(try HTTPLoop(name: "loop \(index)", limits: limits, log: log))
        }
        self.loops = loops
        server = try HTTPServer(
            endpoint, site: Site(mounts), loops: loops, door: door,
            accessLog: { _ in accessLog }, log: log)
    }

    deinit {
        stop()
    }

    func stop(grace: Duration = .milliseconds(200)) {
        server.stopAccepting()
        for loop in loops { loop.stop(grace: grace) }
    }

    func client() throws -> RawClient {
        try RawClient(port: server.port)
    }

    /// Sends one request on a connection of its own.
    func ask(_ head: String, body: String = "") throws -> RawResponse {
        let client = try client()
        client.send(head + "\r\n\r\n" + body)
        return try client.readResponse(to: String(head.prefix { $0 != " " }))
    }
}

/// A handler made of closures.
struct TestHandler: HTTPHandler {
    var methods: [HTTPMethod] = [.get, .head, .post]
    var bodyIntake = BodyIntake.collect(bytesMax: 1000)
    let answer: @Sendable (Exchange) throws -> Void

    init(
        methods: [HTTPMethod] = [.get, .head, .post],
        intake: BodyIntake = .collect(bytesMax: 1000),
        _ answer: @escaping @Sendable (Exchange) throws -> Void
    ) {
        self.methods = methods
        bodyIntake = intake
        self.answer = answer
    }

    func intake(_ exchange: Exchange) -> BodyIntake { bodyIntake }

    func handle(_ exchange: Exchange) throws {
        try answer(exchange)
    }

    /// Says what came in.
    static let echo = TestHandler { exchange in
        let body = String(decoding: exchange.bodyBytes, as: UTF8.self)
        exchange.respond(
            .ok, fields: [HTTPField("Content-Type", "text/plain")],
            body: .text("\(exchange.method.name) \(exchange.path) \(exchange.query ?? "-") \(body)")
        )
    }
}

/// Exchanges that a handler keeps until a test answers them.
final class Shelf: @unchecked Sendable {
    // Sendable because the list is behind the lock and the exchanges are used on their loop only.
    private let kept = Mutex<[Parcel]>([])
    private let arrivals = Signal()
    let closed = Signal()

    private struct Parcel: @unchecked Sendable {
        // Sendable because only closures of the exchange's loop open it.
        let exchange: Exchange
    }

    func handler() -> TestHandler {
        TestHandler { exchange in
            exchange.hold()
            exchange.onClose { self.closed.raise() }
            let parcel = Parcel(exchange: exchange)
            self.kept.withLock { $0.append(parcel) }
            self.arrivals.raise()
        }
    }

    /// Waits for the next exchange, then runs `action` with it on its loop.
    func withNext(_ action: @escaping @Sendable (Exchange) -> Void) {
        #expect(arrivals.wait())
        let next = kept.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let next else { return }
        let loop = next.exchange.loop
        loop.execute { action(next.exchange) }
    }
}

/// Counts; lets a test wait for the next one, at most ten seconds.
final class Signal: @unchecked Sendable {
    // Sendable because a POSIX semaphore is made for use from several threads.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func raise() { sem_post(semaphore) }

    func wait(seconds: Double = 10) -> Bool {
        var until = timespec()
        clock_gettime(CLOCK_REALTIME, &until)
        let nanoseconds = until.tv_nsec + Int(seconds * 1e9)
        until.tv_sec += nanoseconds / 1_000_000_000
        until.tv_nsec = nanoseconds % 1_000_000_000
        return sem_timedwait(semaphore, &until) == 0
    }
}
