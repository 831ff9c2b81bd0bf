/// Notices clients that are gone without a word (RFC 6455 §5.5.2).
///
/// A value without a clock: times are milliseconds of the caller's.
struct WebSocketKeepAlive {
    enum Order: Equatable {
        case wait
        case ping
        /// The client is taken to be gone.
        case end
    }

    /// Time between pings; 0 for none.
    private let pingInterval: Int
    /// Silence after which the connection ends.
    private let timeout: Int
    private var lastHeard: Int
    private var lastPing: Int
    private var pingsUnanswered = 0

    init(pingInterval: Int, timeout: Int, now: Int) {
        self.pingInterval = pingInterval
        self.timeout = timeout
        lastHeard = now
        lastPing = now
    }

    /// Something came from the client.
    mutating func heard(now: Int) {
        lastHeard = now
        pingsUnanswered = 0
    }

    /// When to ask again, as a time.
    var deadline: Int {
        guard pingInterval > 0 else { return lastHeard + timeout }
        return min(max(lastHeard, lastPing) + pingInterval, lastHeard + timeout)
    }

    /// What is due: a client that left two pings unanswered is gone.
    mutating func due(now: Int) -> Order {
        if now >= lastHeard + timeout { return .end }
        guard pingInterval > 0, now >= max(lastHeard, lastPing) + pingInterval else {
            return .wait
        }
        guard pingsUnanswered < 2 else { return .end }
        pingsUnanswered += 1
        lastPing = now
        return .ping
    }
}
