import ControlProtocol
import XMPPEngine

/// One watcher of the server's events, on its HTTP connection (HTML, server-sent events).
///
/// Guarded by the loop of its exchange. A watcher that does not read what it is sent is cut off; it
/// may come back and say what it saw last.
final class EventStream: @unchecked Sendable {
    // Sendable because all is touched on the exchange's loop only: the feed calls there too.

    /// How a stream behaves.
    struct Settings: Sendable {
        /// Between two signs of life.
        var heartbeat = Duration.seconds(15)
        /// Signs of life between two looks at the watcher's permission.
        var beatsPerCheck = 4
        /// Bytes that may wait for a slow reader.
        var waitingBytesMax = 524_288
        /// How long a client is to wait before it comes back, in milliseconds.
        var retryMilliseconds = 3000
    }

    private let exchange: Exchange
    private let loop: HTTPLoop
    private let feed: EventFeed
    private let settings: Settings
    private let body: BodyStream
    private let isStillAllowed: @Sendable () async -> Bool
    private let whenOver: @Sendable (EventStream) -> Void
    private var subscription: EventSubscription?
    private var timer: HTTPTimer?
    private var beats = 0
    private var isOver = false

    /// - Parameters:
    ///   - exchange: Held; gets the stream as its answer.
    ///   - feed: Where events come from.
    ///   - settings: How it behaves.
    ///   - isStillAllowed: Asked now and then: tokens expire, permissions change.
    ///   - whenOver: Called once, when the stream has ended in whatever way.
    init(
        _ exchange: Exchange, feed: EventFeed, settings: Settings = Settings(),
        isStillAllowed: @escaping @Sendable () async -> Bool,
        whenOver: @escaping @Sendable (EventStream) -> Void
    ) {
        self.exchange = exchange
        loop = exchange.loop
        self.feed = feed
        self.settings = settings
        self.isStillAllowed = isStillAllowed
        self.whenOver = whenOver
        body = BodyStream(waitingBytesMax: settings.waitingBytesMax)
    }

    private static let fields = [
        HTTPField("Content-Type", "text/event-stream"), HTTPField("Cache-Control", "no-store"),
        // nginx would keep events back.
        HTTPField("X-Accel-Buffering", "no"),
    ]

    /// Answers the exchange and begins to tell.
    func begin(_ request: EventRequest) {
        exchange.onClose { self.end() }
        let subscribed = feed.subscribe(
            to: request.kinds, after: request.lastID, execute: { [loop] in loop.execute($0) },
            notify: { [weak self] in self?.take($0) })
        guard let subscribed else {
            exchange.respond(.later("there are too many watchers", seconds: 10))
            return end()
        }
        subscription = subscribed.subscription
        guard exchange.respond(.ok, fields: Self.fields, body: .stream(body)) else { return end() }
        write("retry: \(settings.retryMilliseconds)\n\n")
        if !subscribed.isComplete { write("event: lost\ndata: {}\n\n") }
        let timer = loop.timer { [weak self] in self?.beat() }
        self.timer = timer
        timer.arm(after: settings.heartbeat)
    }

    private func take(_ notice: EventSubscription.Notice) {
        switch notice {
        case .events(let events):
            var text: [UInt8] = []
            for event in events {
                text += "id: \(event.id)\nevent: \(event.kind.rawValue)\ndata: ".utf8
                text += event.json.utf8
                text += "\n\n".utf8
            }
            if !isOver, !body.write(text) { cutOff() }
        case .dropped: cutOff()
        }
    }

    private func write(_ text: String) {
        if !isOver, !body.write(text.utf8) { cutOff() }
    }

    /// A comment keeps proxies from closing, and finds out whether anybody reads.
    private func beat() {
        guard !isOver else { return }
        write(":\n\n")
        timer?.arm(after: settings.heartbeat)
        beats += 1
        guard beats % max(1, settings.beatsPerCheck) == 0, !isOver else { return }
        recheck()
    }

    /// Ends the stream if its watcher may not watch any more; from any thread.
    func recheck() {
        let loop = loop
        Task { [self] in
            guard await !isStillAllowed() else { return }
            loop.execute { [self] in
                guard !isOver else { return }
                body.finish()
                end()
            }
        }
    }

    private func cutOff() {
        exchange.abort()
        end()
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        timer?.disarm()
        timer = nil
        if let subscription { feed.unsubscribe(subscription) }
        subscription = nil
        whenOver(self)
    }
}
