import Synchronization
import XMPPStorage

/// All that is known of the running server, for people and programs that watch it.
///
/// Carried by `ServerEnvironment.observatory`. What is to be watched calls it; it calls nobody.
package final class Observatory: Sendable {
    package let statistics = Statistics()
    package let history: History
    package let events: EventFeed
    package let alarms: Alarms
    /// The log's last lines, and its level.
    package let logs: LogRing
    package let metrics = MetricRegistry()
    /// The queues of the server by name.
    package let queues = QueueRegistry()

    /// When the server started.
    package let startedAt: Timestamp
    private let clock = ContinuousClock.now

    private struct State {
        var process: (moment: ContinuousClock.Instant, sample: ProcessSample)?
        var sessions: @Sendable () -> [SessionCount] = { [] }
        var last: (time: Timestamp, totals: CounterTotals, processor: Duration)?
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - logs: The ring that the log is written to.
    ///   - now: The clock.
    package init(
        logs: LogRing = LogRing(), now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.logs = logs
        self.now = now
        startedAt = now()
        history = History()
        events = EventFeed(now: now)
        alarms = Alarms(events: events, now: now)
    }

    /// Says where the numbers of sessions come from.
    package func countSessions(_ read: @escaping @Sendable () -> [SessionCount]) {
        state.withLock { $0.sessions = read }
    }

    /// Seconds since the server started.
    package var uptime: Double { clock.duration(to: .now) / .seconds(1) }

    /// What the process uses, at most a second old.
    package func recentProcess() -> ProcessSample {
        let moment = ContinuousClock.now
        let kept = state.withLock { $0.process }
        if let kept, kept.moment.duration(to: moment) < .seconds(1) { return kept.sample }
        let sample = ProcessSample.now()
        state.withLock { $0.process = (moment, sample) }
        return sample
    }

    /// The sessions now, by host and transport.
    package var sessions: [SessionCount] { state.withLock { $0.sessions }() }

    /// The sessions now by transport, in the order of `TransportClass.allCases`.
    package var sessionsByTransport: [Int] {
        var counts = [Int](repeating: 0, count: TransportClass.allCases.count)
        for count in sessions { counts[Int(count.transport.rawValue)] += count.count }
        return counts
    }

    /// The part that adds a point to the history every ten seconds, as a supervised child.
    package func child(_ id: String = "history") -> ChildSpec {
        .task(id) { [self] in
            while true {
                addPoint()
                try await Task.sleep(for: History.interval)
            }
        }
    }

    /// Adds a point with the values of now to the history.
    package func addPoint(_ process: ProcessSample = .brief()) {
        let time = now()
        let totals = statistics.totals()
        var point = HistoryPoint(time: time)
        point.sessions = sessionsByTransport
        point.httpConnections = totals[.httpConnections]
        point.httpHolds = totals[.httpHolds]
        point.residentBytes = process.residentBytes
        point.queueLength = queues.readings().map(\.length).max() ?? 0
        let last = state.withLock { state in
            defer { state.last = (time, totals, process.processorTime) }
            return state.last
        }
        if let last, time > last.time {
            let seconds = Double(time.milliseconds - last.time.milliseconds) / 1000
            func rate(_ value: (CounterTotals) -> Int) -> Double {
                Double(value(totals) - value(last.totals)) / seconds
            }
            point.stanzasInPerSecond = rate { $0.stanzasIn() }
            point.stanzasOutPerSecond = rate { $0.stanzasOut() }
            point.bytesInPerSecond = rate { $0.bytesIn() }
            point.bytesOutPerSecond = rate { $0.bytesOut() }
            point.httpRequestsPerSecond = rate(\.httpResponses)
            point.processorShare = (process.processorTime - last.processor) / .seconds(seconds)
        }
        history.append(point)
    }
}
