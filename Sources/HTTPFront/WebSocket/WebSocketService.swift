import Synchronization
import XMPPCore
import XMPPEngine

/// What new WebSocket connections are offered.
package struct WebSocketSettings: Sendable, Equatable {
    /// Milliseconds between pings; 0 for none.
    package var pingInterval = 60_000
    /// Milliseconds of silence after which a connection ends.
    package var timeout = 300_000
    /// The sites whose pages may connect; any when empty.
    package var origins: Set<String> = []
    /// Whether binary messages are read; XMPP has none (RFC 7395 §3.2).
    package var acceptsBinary = false
    /// Where streams are sent instead; `nil` to take them.
    package var seeOtherURI: String?
    /// Unsent bytes after which a client that does not read is cut off; as over TCP.
    package var outputBytesMax = 8 << 20
    /// Messages that may wait for a client which does not keep up.
    package var outputMessagesMax = 10_000
    /// Milliseconds in which such a client must take something; 0 for ever.
    package var sendTimeout = 15_000
    /// Connections of one loop.
    package var connectionsMax = 100_000

    package init() {}
}

/// WebSocket as a whole: its connections, whichever listener and loop they come by.
package final class WebSocketService: Sendable {
    private let stopping = Atomic<Bool>(false)
    private let counter = Atomic<Int>(0)

    package init() {}

    /// How many connections there are, those included whose messages are being handed back.
    package var connectionCount: Int { counter.load(ordering: .relaxed) }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func opened() { counter.add(1, ordering: .relaxed) }

    func closed() { counter.subtract(1, ordering: .relaxed) }

    /// Takes connections again after `stop`.
    package func start() { stopping.store(false, ordering: .relaxed) }

    /// Ends all streams with `system-shutdown`; new ones are refused.
    package func stop(_ loops: [HTTPLoop]) async {
        stopping.store(true, ordering: .relaxed)
        for loop in loops {
            loop.execute { loop.stopWatches(of: nil) }
        }
        for _ in 0..<50 where connectionCount > 0 {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
