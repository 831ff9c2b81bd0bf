import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("History")
struct HistoryTests {
    private static func point(_ number: Int) -> HistoryPoint {
        var point = HistoryPoint(time: Timestamp(milliseconds: Int64(number) * 10_000))
        point.residentBytes = number
        return point
    }

    @Test("Only the newest points are kept, oldest first")
    func ring() {
        let history = History(capacity: 3)
        #expect(history.latest == nil)
        #expect(history.values(\.residentBytes).isEmpty)
        for number in 1...8 { history.append(Self.point(number)) }
        #expect(history.values(\.residentBytes) == [6, 7, 8])
        #expect(history.points(last: 2).map(\.residentBytes) == [7, 8])
        #expect(history.points(last: -1).isEmpty)
        #expect(history.latest?.residentBytes == 8)
    }

    @Test("Rates are the difference of two points by the time between them")
    func rates() {
        let time = Observed(Timestamp(milliseconds: 1_000_000))
        let observatory = Observatory(now: { time.value })
        observatory.countSessions {
            [
                SessionCount(host: "a", transport: .tls, count: 2),
                SessionCount(host: "b", transport: .tls, count: 3),
                SessionCount(host: "b", transport: .bosh, count: 1),
            ]
        }
        var process = ProcessSample()
        process.processorTime = .seconds(3)
        observatory.addPoint(process)
        #expect(observatory.history.latest?.stanzasInPerSecond == 0)
        let counters = observatory.statistics.elsewhere
        counters.addFromAnyThread(.stanzasIn(.message, .tcp), 50)
        counters.addFromAnyThread(.bytesOut(.bosh), 1000)
        process.processorTime = .seconds(8)
        process.residentBytes = 77
        time.update { $0 = $0.advanced(by: .seconds(10)) }
        observatory.addPoint(process)
        let latest = observatory.history.latest
        #expect(latest?.stanzasInPerSecond == 5)
        #expect(latest?.bytesOutPerSecond == 100)
        #expect(latest?.processorShare == 0.5)
        #expect(latest?.residentBytes == 77)
        #expect(latest?.sessions == [0, 5, 1, 0, 0, 0, 0])
        #expect(latest?.sessionCount == 6)
        // A clock that was set back makes no rate.
        time.update { $0 = $0.advanced(by: .seconds(-30)) }
        observatory.addPoint(process)
        #expect(observatory.history.latest?.stanzasInPerSecond == 0)
    }
}
