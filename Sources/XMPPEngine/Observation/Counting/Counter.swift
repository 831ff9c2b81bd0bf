import XMPPCore

/// One number of a `CounterSheet`: what is counted, with its labels.
package struct Counter: Hashable, Sendable {
    /// Place in the sheet.
    let index: Int
    /// Whether it may go down.
    let isGauge: Bool

    private init(_ index: Int, isGauge: Bool = false) {
        self.index = index
        self.isGauge = isGauge
    }

    /// Names a login is counted under: the mechanisms, XEP-0078, and whatever else is asked for.
    package static let loginNames = [
        "EXTERNAL", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "ANONYMOUS", "iq-auth", "other",
    ]

    private static let transports = TransportClass.allCases.count
    private static let kinds = 3

    // Each section begins where the one before ends.
    private static let stanzasOutStart = kinds * transports
    private static let bytesInStart = stanzasOutStart + kinds * transports
    private static let bytesOutStart = bytesInStart + transports
    private static let openedStart = bytesOutStart + transports
    private static let failedStart = openedStart + transports
    private static let errorsStart = failedStart + transports
    private static let loginsStart = errorsStart + kinds
    private static let refusalsStart = loginsStart + 11
    private static let requestsStart = refusalsStart + 11
    private static let singlesStart = requestsStart + 5
    private static let latenciesStart = singlesStart + 11
    static let count = latenciesStart + Latency.allCases.count * Latency.cells

    /// Stanzas that peers sent.
    @inline(__always)
    package static func stanzasIn(_ kind: Stanza.Kind, _ transport: TransportClass) -> Counter {
        Counter(Int(kind.rawValue) &* 7 &+ Int(transport.rawValue))
    }

    /// Stanzas that were written to peers.
    @inline(__always)
    package static func stanzasOut(_ kind: Stanza.Kind, _ transport: TransportClass) -> Counter {
        Counter(21 &+ Int(kind.rawValue) &* 7 &+ Int(transport.rawValue))
    }

    /// Bytes of streams that came in, without TLS and HTTP around them.
    package static func bytesIn(_ transport: TransportClass) -> Counter {
        Counter(bytesInStart + Int(transport.rawValue))
    }

    /// Bytes of streams that went out, without TLS and HTTP around them.
    package static func bytesOut(_ transport: TransportClass) -> Counter {
        Counter(bytesOutStart + Int(transport.rawValue))
    }

    /// Streams whose header was accepted.
    package static func streamsOpened(_ transport: TransportClass) -> Counter {
        Counter(openedStart + Int(transport.rawValue))
    }

    /// Streams that ended with a stream error of ours.
    package static func streamsFailed(_ transport: TransportClass) -> Counter {
        Counter(failedStart + Int(transport.rawValue))
    }

    /// Stanzas of type `error` that were written to peers.
    package static func stanzaErrors(_ kind: Stanza.Kind) -> Counter {
        Counter(errorsStart + Int(kind.rawValue))
    }

    /// Logins that succeeded by a mechanism.
    package static func logins(_ mechanism: String) -> Counter {
        Counter(loginsStart + place(mechanism))
    }

    /// Logins that were refused by a mechanism.
    package static func loginsRefused(_ mechanism: String) -> Counter {
        Counter(refusalsStart + place(mechanism))
    }

    private static func place(_ mechanism: String) -> Int {
        loginNames.firstIndex(of: mechanism) ?? loginNames.count - 1
    }

    /// Answers to HTTP requests by class of status: 1 (1xx) to 5 (5xx).
    package static func httpResponses(class statusClass: Int) -> Counter {
        Counter(requestsStart + min(max(statusClass, 1), 5) - 1)
    }

    /// Bytes of HTTP request bodies.
    package static let httpBytesIn = Counter(singlesStart)
    /// Bytes of HTTP answers' bodies.
    package static let httpBytesOut = Counter(singlesStart + 1)
    /// HTTP connections that are open.
    package static let httpConnections = Counter(singlesStart + 2, isGauge: true)
    /// HTTP requests that are held without an answer.
    package static let httpHolds = Counter(singlesStart + 3, isGauge: true)
    /// Messages put into offline storage.
    package static let offlineStored = Counter(singlesStart + 4)
    /// Connections refused by a limit before anything was read.
    package static let connectionsRefused = Counter(singlesStart + 5)
    /// Stanzas that a loop's mailbox had no room for.
    package static let mailboxRefusals = Counter(singlesStart + 6)
    /// Groups of writes that were committed.
    package static let storageCommits = Counter(singlesStart + 7)
    /// Writes in those groups.
    package static let storageWrites = Counter(singlesStart + 8)
    /// Reading transactions.
    package static let storageReads = Counter(singlesStart + 9)
    /// Transactions that failed, for whatever reason.
    package static let storageFailures = Counter(singlesStart + 10)

    /// A cell of a histogram: a bucket, or the sum behind the last one.
    static func cell(_ latency: Latency, _ cell: Int) -> Counter {
        Counter(latenciesStart + Int(latency.rawValue) * Latency.cells + cell)
    }

    /// The counters that may go down.
    static let gauges: Set<Int> = [httpConnections.index, httpHolds.index]
}
