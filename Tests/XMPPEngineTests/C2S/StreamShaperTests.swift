import Testing

@testable import XMPPEngine

@Suite("Stream shaper")
struct StreamShaperTests {
    @Test("Without a rate everything passes")
    func unlimited() {
        var shaper = StreamShaper.none
        #expect(shaper.isUnlimited)
        #expect(shaper.pause(after: .max, now: 1) == 0)
    }

    @Test("A burst passes, what is above waits at the rate")
    func burst() {
        var shaper = StreamShaper(rate: 1000, burst: 5000, now: 0)
        #expect(shaper.pause(after: 5000, now: 0) == 0)
        #expect(shaper.pause(after: 500, now: 0) == 500)
        #expect(shaper.pause(after: 0, now: 500) == 0)
        #expect(shaper.pause(after: 5000, now: 1_000_000) == 0)
    }

    @Test("Clocks that go back and huge amounts do not overflow")
    func extremes() {
        var shaper = StreamShaper(rate: 1, burst: 1, now: 1000)
        #expect(shaper.pause(after: .max, now: 0) == 60_000)
        #expect(shaper.pause(after: .max, now: .max) == 60_000)
        #expect(shaper.pause(after: -5, now: .min) == 60_000)
    }
}
