import Testing

@testable import XMPPStorage

@Suite("Timestamp")
struct TimestampTests {
    @Test("Moving keeps milliseconds and drops what is finer")
    func moves() {
        let start = Timestamp(milliseconds: 1000)
        #expect(start.advanced(by: .milliseconds(1)).milliseconds == 1001)
        #expect(start.advanced(by: .seconds(-2)).milliseconds == -1000)
        #expect(start.advanced(by: .microseconds(999)).milliseconds == 1000)
    }

    @Test("Moving stops at the ends of the range")
    func stops() {
        let start = Timestamp(milliseconds: .max - 1)
        #expect(start.advanced(by: .seconds(1)).milliseconds == .max)
        #expect(start.advanced(by: .seconds(Int64.max)).milliseconds == .max)
        #expect(Timestamp(milliseconds: 0).advanced(by: .seconds(Int64.min)).milliseconds == .min)
    }

    @Test("The system's clock is past 2024")
    func now() {
        #expect(Timestamp.now().milliseconds > 1_704_067_200_000)
    }
}
