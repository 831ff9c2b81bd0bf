import HTTPFront
import Synchronization
import XMPPEngine

/// Brings requests from the HTTP loops to the console, and its answers back.
///
/// Nothing of the console runs on a loop: pages wait for the database.
struct ConsoleHandler: HTTPHandler {
    /// Requests answered at the same time; more are told to come again.
    private static let activeMax = 64

    let methods: [HTTPMethod] = [.get, .head, .post]
    private let console: Console
    private let active: ActiveRequests

    init(_ console: Console) {
        self.console = console
        active = console.service.active
    }

    func intake(_ exchange: Exchange) -> BodyIntake {
        .collect(bytesMax: exchange.method == .post ? FormText.bytesMax : 0)
    }

    func handle(_ exchange: Exchange) throws {
        let request = WebRequest(exchange)
        if let asset = console.asset(request) {
            asset.send(on: exchange)
            return
        }
        guard active.begin(upTo: Self.activeMax) else {
            throw HTTPProblem(.serviceUnavailable, fields: [HTTPField("Retry-After", "1")])
        }
        exchange.hold()
        let kept = KeptExchange(exchange)
        exchange.onServerStop { [console] in
            // A reload may restart this very listener: the browser is to ask again.
            console.restarting(request).send(on: kept.exchange)
        }
        Task { [console, active] in
            let answer = await console.answer(request)
            active.end()
            kept.loop.execute { answer.send(on: kept.exchange) }
        }
    }
}

/// How many requests are being answered; a `Mutex` guards the number.
final class ActiveRequests: Sendable {
    private let count = Mutex(0)

    func begin(upTo most: Int) -> Bool {
        count.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
    }

    func end() { count.withLock { $0 -= 1 } }
}

/// An exchange on its way through a task.
private struct KeptExchange: @unchecked Sendable {
    // Sendable because the exchange is touched on its own loop only.
    let exchange: Exchange
    let loop: HTTPLoop

    init(_ exchange: Exchange) {
        self.exchange = exchange
        loop = exchange.loop
    }
}

extension WebRequest {
    /// Takes what the console needs of an exchange, on its loop.
    init(_ exchange: Exchange) {
        self.init(
            method: exchange.method == .post ? .post : .get,
            path: exchange.subpath.split(separator: "/").joined(separator: "/"),
            query: FormText.decode(exchange.query ?? ""))
        form =
            exchange.method == .post
            ? exchange.withBody { FormText.decode(String(decoding: $0, as: UTF8.self)) } : [:]
        cookies = Cookies.read(exchange.fields("Cookie"))
        let peer = PeerFacts(exchange)
        address = peer.address
        isLoopback = peer.isLoopback
        isSecure = exchange.isSecure
        host = exchange.host
        origin = exchange.field("Origin")
        fetchSite = exchange.field("Sec-Fetch-Site")
        isRefresh = exchange.field("X-Console-Refresh") != nil
        isForm =
            exchange.field("Content-Type")?.lowercased()
            .hasPrefix("application/x-www-form-urlencoded") ?? false
    }
}

extension WebAnswer {
    func send(on exchange: Exchange) {
        exchange.respond(status, fields: fields, body: body.isEmpty ? .empty : .bytes(body))
    }
}
