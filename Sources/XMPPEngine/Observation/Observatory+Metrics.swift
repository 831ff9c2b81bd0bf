import XMPPCore
import XMPPStorage

extension Observatory {
    /// Registers every metric that the observatory can read itself.
    package func registerMetrics(version: String) {
        registerProcess(version: version)
        registerStreams()
        registerHTTP()
        registerStorage()
        metrics.register(.alarms) { [alarms] in
            RaisedAlarm.Severity.allCases.map { severity in
                MetricPoint(
                    [severity.rawValue], alarms.raised.filter { $0.severity == severity }.count)
            }
        }
    }

    private func registerProcess(version: String) {
        metrics.register(.build) { [MetricPoint([version], 1)] }
        let startedAt = Int(startedAt.milliseconds / 1000)
        metrics.register(.startTime) { [MetricPoint([], startedAt)] }
        metrics.register(.uptime) { [self] in [MetricPoint([], uptime)] }
        let process: [(MetricFamily, @Sendable (ProcessSample) -> MetricPoint)] = [
            (.processorTime, { MetricPoint([], $0.processorTime / .seconds(1)) }),
            (.residentMemory, { MetricPoint([], $0.residentBytes) }),
            (.proportionalMemory, { MetricPoint([], $0.proportionalBytes) }),
            (.openFiles, { MetricPoint([], $0.openFiles) }),
            (.openFilesMax, { MetricPoint([], $0.openFilesMax) }),
        ]
        for (family, read) in process {
            metrics.register(family) { [self] in [read(recentProcess())] }
        }
    }

    private func registerStreams() {
        metrics.register(.sessions) { [self] in
            sessions.map { MetricPoint([$0.host, $0.transport.name], $0.count) }
        }
        byKind(.stanzasReceived) { .stanzasIn($0, $1) }
        byKind(.stanzasSent) { .stanzasOut($0, $1) }
        byTransport(.bytesReceived) { .bytesIn($0) }
        byTransport(.bytesSent) { .bytesOut($0) }
        byTransport(.streamsOpened) { .streamsOpened($0) }
        byTransport(.streamsFailed) { .streamsFailed($0) }
        one(.connectionsRefused, .connectionsRefused)
        one(.offlineStored, .offlineStored)
        one(.mailboxRefusals, .mailboxRefusals)
        metrics.register(.logins) { [statistics] in
            let totals = statistics.totals()
            return Counter.loginNames.flatMap { name in
                [
                    MetricPoint([name, "ok"], totals[.logins(name)]),
                    MetricPoint([name, "refused"], totals[.loginsRefused(name)]),
                ]
            }
        }
        metrics.register(.stanzaErrors) { [statistics] in
            let totals = statistics.totals()
            return Self.kinds.map { MetricPoint(["\($0.name)"], totals[.stanzaErrors($0)]) }
        }
        metrics.register(.queueLength) { [queues] in
            queues.readings().map { MetricPoint([$0.name], $0.length) }
        }
        distribution(.routingTurn, .routingTurn)
    }

    private func registerHTTP() {
        metrics.register(.httpResponses) { [statistics] in
            let totals = statistics.totals()
            return (1...5).map { MetricPoint(["\($0)xx"], totals[.httpResponses(class: $0)]) }
        }
        one(.httpBytesReceived, .httpBytesIn)
        one(.httpBytesSent, .httpBytesOut)
        one(.httpConnections, .httpConnections)
        one(.httpHolds, .httpHolds)
        distribution(.httpRequestTime, .httpRequest)
    }

    private func registerStorage() {
        one(.storageCommits, .storageCommits)
        one(.storageWrites, .storageWrites)
        one(.storageReads, .storageReads)
        one(.storageFailures, .storageFailures)
        distribution(.storageTime, .storageTransaction)
    }

    // MARK: the usual forms

    private static let kinds: [Stanza.Kind] = [.message, .presence, .iq]

    private func one(_ family: MetricFamily, _ counter: Counter) {
        metrics.register(family) { [statistics] in [MetricPoint([], statistics.totals()[counter])] }
    }

    private func distribution(_ family: MetricFamily, _ latency: Latency) {
        metrics.register(family) { [statistics] in [MetricPoint([], statistics.totals()[latency])] }
    }

    private func byTransport(
        _ family: MetricFamily, _ counter: @escaping @Sendable (TransportClass) -> Counter
    ) {
        metrics.register(family) { [statistics] in
            let totals = statistics.totals()
            return TransportClass.allCases.map { MetricPoint([$0.name], totals[counter($0)]) }
        }
    }

    private func byKind(
        _ family: MetricFamily,
        _ counter: @escaping @Sendable (Stanza.Kind, TransportClass) -> Counter
    ) {
        metrics.register(family) { [statistics] in
            let totals = statistics.totals()
            return Self.kinds.flatMap { kind in
                TransportClass.allCases.map { transport in
                    MetricPoint(["\(kind.name)", transport.name], totals[counter(kind, transport)])
                }
            }
        }
    }
}
