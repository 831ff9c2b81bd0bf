import Synchronization
import Testing

@testable import XMPPEngine

@Suite("Coarse timers")
struct CoarseTimersTests {
    private final class Clock {
        var second = 100
    }

    @Test("Work runs when due, in order, and once; cancelled work does not")
    func due() {
        let clock = Clock()
        let timers = CoarseTimers(now: { clock.second })
        let log = Log()
        _ = timers.add(afterSeconds: 2) { log.note("two") }
        let cancelled = timers.add(afterSeconds: 1) { log.note("never") }
        _ = timers.add(afterSeconds: 1) { log.note("one") }
        #expect(timers.mustTick)
        #expect(!timers.mustTick)
        timers.cancel(cancelled)
        #expect(timers.fireDue())
        #expect(log.entries.isEmpty)
        clock.second = 102
        #expect(timers.fireDue())
        #expect(log.entries == ["one"])
        clock.second = 500
        #expect(!timers.fireDue())
        #expect(log.entries == ["one", "two"])
    }

    @Test("Negative and huge delays are taken")
    func extremes() {
        let clock = Clock()
        let timers = CoarseTimers(now: { clock.second })
        let log = Log()
        _ = timers.add(afterSeconds: .min) { log.note("now") }
        _ = timers.add(afterSeconds: .max) { log.note("never") }
        clock.second = 101
        #expect(timers.fireDue())
        #expect(log.entries == ["now"])
    }

    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var entries: [String] { lines.withLock { $0 } }
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }
}
