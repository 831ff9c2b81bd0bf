import Logging
import Testing

@testable import XMPPEngine

@Suite("The log in memory")
struct LogRingTests {
    private static func logger(_ ring: LogRing) -> Logger {
        Logger(label: "martlet.test") { label in
            RingLogHandler(label: label, ring: ring, other: SwiftLogNoOpLogHandler())
        }
    }

    @Test("The last lines are kept with level, label and facts")
    func lines() {
        let ring = LogRing(capacity: 3)
        var log = Self.logger(ring)
        log[metadataKey: "host"] = "a.example"
        for number in 1...5 { log.info("line \(number)", metadata: ["b": "2", "a": "1"]) }
        #expect(ring.lines().map(\.message) == ["line 3", "line 4", "line 5"])
        #expect(ring.lines().map(\.id) == [3, 4, 5])
        #expect(ring.lines(last: 1).first?.label == "martlet.test")
        #expect(ring.lines(after: 4).map(\.message) == ["line 5"])
        #expect(ring.lines(containing: "line 4").count == 1)
        #expect(ring.lines(containing: "line 1").isEmpty)
    }

    @Test("The level may change while loggers exist")
    func level() {
        let ring = LogRing(level: .warning)
        let log = Self.logger(ring)
        log.info("not yet")
        ring.level = .debug
        log.debug("now")
        log.trace("still not")
        log.error("always")
        #expect(ring.level == .debug)
        #expect(ring.lines().map(\.message) == ["now", "always"])
        #expect(ring.lines(atLeast: .warning).map(\.message) == ["always"])
        for level in Logger.Level.allCases {
            ring.level = level
            #expect(ring.level == level)
        }
    }

    @Test("Long text and many facts are cut")
    func limits() {
        let ring = LogRing()
        let long = String(repeating: "x", count: 10_000)
        var metadata: Logger.Metadata = [:]
        for number in 0..<100 { metadata["k\(number)"] = "\(long)" }
        ring.append(.info, label: "a", long, metadata)
        let line = ring.lines().first
        #expect((line?.message.utf8.count ?? .max) <= 1024)
        #expect((line?.facts.count ?? .max) <= 16)
        #expect(line?.facts.allSatisfy { $0.value.utf8.count <= 1024 } == true)
    }
}
