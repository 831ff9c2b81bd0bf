import Testing

@testable import XMPPEngine

@Suite("Output that waits for a slow peer")
struct OutputBacklogTests {
    private let limits = OutputLimits(bytesMax: 1000, stanzasMax: 3, stallSeconds: 1)

    @Test("A peer that takes all in the end is let be")
    func catchesUp() {
        var backlog = OutputBacklog(waiting: 500)
        #expect(backlog.wrote(200, waiting: 600, limits: limits) == .goesOn)
        #expect(backlog.wrote(100, waiting: 0, limits: limits) == .over)
    }

    @Test("A peer that takes something in each interval is slow, not stalled")
    func slow() {
        var backlog = OutputBacklog(waiting: 500)
        #expect(backlog.check(waiting: 499) == .goesOn)
        #expect(backlog.wrote(300, waiting: 799, limits: limits) == .goesOn)
        #expect(backlog.check(waiting: 798) == .goesOn)
        #expect(backlog.check(waiting: 0) == .over)
    }

    @Test("A peer that takes nothing in an interval is stalled, whatever was written meanwhile")
    func stalled() {
        var backlog = OutputBacklog(waiting: 500)
        #expect(backlog.check(waiting: 400) == .goesOn)
        #expect(backlog.wrote(300, waiting: 700, limits: limits) == .goesOn)
        #expect(backlog.check(waiting: 700) == .stalled)
    }

    @Test("The first interval counts, too")
    func stalledAtOnce() {
        var backlog = OutputBacklog(waiting: 500)
        #expect(backlog.check(waiting: 500) == .stalled)
    }

    @Test("More bytes than the limit are too much", arguments: [(1000, false), (1001, true)])
    func bytes(waiting: Int, isTooMuch: Bool) {
        var backlog = OutputBacklog(waiting: 1)
        let verdict = backlog.wrote(waiting, waiting: waiting, limits: limits)
        #expect(verdict == (isTooMuch ? .tooMuch : .goesOn))
    }

    @Test("More stanzas than the limit are too much (max_fsm_queue)")
    func stanzas() {
        var backlog = OutputBacklog(waiting: 1)
        for _ in 0..<3 { backlog.countStanza() }
        #expect(backlog.wrote(1, waiting: 2, limits: limits) == .goesOn)
        backlog.countStanza()
        #expect(backlog.wrote(1, waiting: 3, limits: limits) == .tooMuch)
    }
}
