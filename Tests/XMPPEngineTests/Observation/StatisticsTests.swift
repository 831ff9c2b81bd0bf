import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Statistics")
struct StatisticsTests {
    @Test("Every counter has a place of its own")
    func places() {
        var all: [Counter] = []
        for transport in TransportClass.allCases {
            for kind in [Stanza.Kind.message, .presence, .iq] {
                all += [.stanzasIn(kind, transport), .stanzasOut(kind, transport)]
            }
            all += [
                .bytesIn(transport), .bytesOut(transport), .streamsOpened(transport),
                .streamsFailed(transport),
            ]
        }
        all += [Stanza.Kind.message, .presence, .iq].map { .stanzaErrors($0) }
        all += Counter.loginNames.flatMap { [.logins($0), .loginsRefused($0)] }
        all += (1...5).map { .httpResponses(class: $0) }
        all += [
            .httpBytesIn, .httpBytesOut, .httpConnections, .httpHolds, .offlineStored,
            .connectionsRefused, .mailboxRefusals, .storageCommits, .storageWrites,
            .storageReads, .storageFailures,
        ]
        for latency in Latency.allCases {
            all += (0..<Latency.cells).map { .cell(latency, $0) }
        }
        #expect(Set(all.map(\.index)).count == all.count)
        #expect(all.map(\.index).sorted() == Array(0..<Counter.count))
        #expect(Set(all.filter(\.isGauge).map(\.index)) == Counter.gauges)
    }

    @Test("Every SASL mechanism is counted under its own name, an unknown one as other")
    func mechanisms() {
        for mechanism in SASLMechanism.all {
            #expect(Counter.loginNames.contains(mechanism.name))
        }
        #expect(Counter.logins("X-OTHER") == .logins("other"))
        #expect(Counter.httpResponses(class: 0) == .httpResponses(class: 1))
        #expect(Counter.httpResponses(class: 9) == .httpResponses(class: 5))
    }

    @Test("Totals are sums over the sheets; a sheet adopted twice counts once")
    func sums() {
        let statistics = Statistics()
        let sheets = (0..<3).map { _ in CounterSheet() }
        for sheet in sheets { statistics.adopt(sheet) }
        statistics.adopt(sheets[0])
        for sheet in sheets { sheet.add(.stanzasIn(.message, .tls), 5) }
        statistics.elsewhere.addFromAnyThread(.stanzasIn(.iq, .bosh))
        let totals = statistics.totals()
        #expect(totals[.stanzasIn(.message, .tls)] == 15)
        #expect(totals.stanzasIn(.tls) == 15)
        #expect(totals.stanzasIn() == 16)
        #expect(totals.stanzasOut() == 0)
    }

    @Test("What an ended thread counted stays, what it held does not")
    func retirement() {
        let statistics = Statistics()
        let sheet = CounterSheet()
        statistics.adopt(sheet)
        sheet.add(.httpResponses(class: 2), 7)
        sheet.add(.httpHolds, 3)
        sheet.observe(.httpRequest, nanoseconds: 20_000)
        #expect(statistics.totals()[.httpHolds] == 3)
        statistics.retire(sheet)
        statistics.retire(sheet)
        sheet.add(.httpResponses(class: 2), 100)
        let totals = statistics.totals()
        #expect(totals.httpResponses == 7)
        #expect(totals[.httpHolds] == 0)
        #expect(totals[.httpRequest].count == 1)
    }

    @Test("Counting from many threads at once loses nothing")
    func manyThreads() async {
        let statistics = Statistics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let own = CounterSheet()
                    statistics.adopt(own)
                    for _ in 0..<1000 {
                        own.add(.bytesIn(.tcp), 2)
                        statistics.elsewhere.addFromAnyThread(.storageReads)
                    }
                }
            }
        }
        #expect(statistics.totals()[.bytesIn(.tcp)] == 16_000)
        #expect(statistics.totals()[.storageReads] == 8000)
    }

    @Test("A time falls into the bucket of the first bound that is not below it")
    func buckets() {
        let sheet = CounterSheet()
        let statistics = Statistics()
        statistics.adopt(sheet)
        for time in [-5, 0, 10_000, 10_001, 2_500_000, 11_000_000_000] {
            sheet.observe(.routingTurn, nanoseconds: time)
        }
        let reading = statistics.totals()[.routingTurn]
        #expect(reading.buckets[0] == 3)
        #expect(reading.buckets[1] == 1)
        #expect(reading.buckets[7] == 1)
        #expect(reading.buckets.last == 1)
        #expect(reading.count == 6)
        #expect(reading.sumNanoseconds == 11_002_520_001)
        #expect(reading.quantile(0.5) == 0.00001)
        #expect(reading.quantile(1) == .infinity)
        #expect(statistics.totals()[.httpRequest].quantile(0.5) == nil)
    }

    @Test("One turn in 16 is timed")
    func sampling() {
        let sheet = CounterSheet()
        #expect((0..<1600).filter { _ in sheet.isTimed() }.count == 100)
    }

    @Test("Metrics are read by name; one registered again is replaced")
    func registry() {
        let registry = MetricRegistry()
        registry.register(MetricFamily("martlet_b", .gauge, "B.")) { [MetricPoint([], 1)] }
        registry.register(MetricFamily("martlet_a", .gauge, "A.")) { [MetricPoint([], 2)] }
        registry.register(MetricFamily("martlet_b", .gauge, "B.")) { [MetricPoint([], 3)] }
        #expect(registry.readings().map(\.family.name) == ["martlet_a", "martlet_b"])
        #expect(registry.readings().map(\.points) == [[.init([], 2)], [.init([], 3)]])
        registry.unregister("martlet_a")
        #expect(registry.readings().count == 1)
    }
}
