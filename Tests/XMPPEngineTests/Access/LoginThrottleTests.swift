import Testing

@testable import XMPPEngine

@Suite("Slowing down who guesses passwords")
struct LoginThrottleTests {
    private let clock = SteppedClock()

    private func throttle(_ limits: LoginThrottle.Limits = .people) -> LoginThrottle {
        LoginThrottle(limits) { [clock] in clock.instant }
    }

    /// One wrong guess; how long it has to wait instead, in seconds.
    private func guess(
        _ throttle: LoginThrottle, _ address: String, _ account: String
    ) -> Int64? {
        if let wait = throttle.begin(address: address, account: account) {
            return wait.components.seconds
        }
        throttle.end(address: address, account: account, .refused)
        return nil
    }

    @Test("Five failures are free, then each wait is twice as long, up to a limit")
    func growing() {
        let throttle = throttle()
        for _ in 0..<5 { #expect(guess(throttle, "192.0.2.1", "a") == nil) }
        var waits: [Int64] = []
        for round in 0..<12 {
            #expect(guess(throttle, "192.0.2.1", "a\(round)") == nil)
            let wait = guess(throttle, "192.0.2.1", "b\(round)") ?? 0
            waits.append(wait)
            clock.pass(Int(wait))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
    }

    @Test("An account waits half a minute at most, wherever the guesses come from")
    func account() {
        let throttle = throttle()
        for number in 0..<40 {
            while let wait = guess(throttle, "192.0.2.\(number)", "a") {
                #expect(wait <= 30)
                clock.pass(Int(wait))
            }
        }
        #expect(guess(throttle, "198.51.100.1", "a") == 30)
        #expect(guess(throttle, "198.51.100.1", "b") == nil)
    }

    @Test("An attempt counts from its beginning: many at once gain nothing")
    func atOnce() {
        let throttle = throttle(.calls)
        let begun = (0..<64).count { number in
            throttle.begin(address: "192.0.2.1", account: "a\(number)") == nil
        }
        #expect(begun == 10)
        #expect(throttle.begin(address: "192.0.2.1", account: "x") == .seconds(1))
        #expect(throttle.begin(address: "192.0.2.2", account: "x") == nil)
        for number in 0..<10 { throttle.end(address: "192.0.2.1", account: "a\(number)", .refused) }
        #expect(throttle.begin(address: "192.0.2.1", account: "x") == .seconds(60))
    }

    @Test("Right ones at once are slowed for a moment only, and undecided ones leave nothing")
    func innocent() {
        let throttle = throttle(.calls)
        for _ in 0..<100 {
            for _ in 0..<10 { #expect(throttle.begin(address: "192.0.2.1", account: "a") == nil) }
            for round in 0..<10 {
                throttle.end(
                    address: "192.0.2.1", account: "a", round % 2 == 0 ? .accepted : .undecided)
            }
        }
        #expect(throttle.count == 0)
    }

    @Test("One IPv6 /64 counts as one")
    func networks() {
        let throttle = throttle()
        for number in 1...6 { #expect(guess(throttle, "2001:db8::\(number)", "\(number)") == nil) }
        #expect(guess(throttle, "2001:db8:0:0:ffff::1", "x") == 1)
        #expect(guess(throttle, "2001:db8:0:1::1", "x") == nil)
    }

    @Test("Success forgives the account's own failures, and not guesses at others")
    func success() {
        let throttle = throttle()
        for _ in 0..<3 { #expect(guess(throttle, "192.0.2.1", "mine") == nil) }
        for _ in 0..<3 {
            #expect(throttle.begin(address: "192.0.2.1", account: "mine") == nil)
            throttle.end(address: "192.0.2.1", account: "mine", .accepted)
            #expect(guess(throttle, "192.0.2.1", "hers") == nil)
        }
        for _ in 0..<3 { #expect(guess(throttle, "192.0.2.1", "his") == nil) }
        #expect(guess(throttle, "192.0.2.1", "x") == 1)
    }

    @Test("Failures are forgotten after a while")
    func memory() {
        let throttle = throttle()
        for _ in 0..<5 { #expect(guess(throttle, "192.0.2.1", "a") == nil) }
        clock.pass(900)
        for _ in 0..<6 { #expect(guess(throttle, "192.0.2.1", "a") == nil) }
        #expect(guess(throttle, "192.0.2.1", "a") == 1)
    }

    @Test("A flood from one network or many fills the table, and locks nobody else out")
    func flood() {
        var limits = LoginThrottle.Limits.calls
        limits.entriesMax = 1000
        let throttle = throttle(limits)
        for _ in 0..<10 { _ = guess(throttle, "192.0.2.1", "a") }
        for number in 0..<30_000 {
            _ = guess(throttle, "2001:db8:\(number % 9000)::\(number % 9)", "b\(number)")
        }
        #expect(throttle.count <= 1002)
        #expect(guess(throttle, "203.0.113.1", "innocent") == nil)
        #expect(guess(throttle, "192.0.2.1", "b") == 60)
    }

    @Test("Without an account only the address counts; a local socket is a place, too")
    func withoutAccount() {
        let throttle = throttle()
        for _ in 0..<6 {
            #expect(throttle.begin(address: "local", account: nil) == nil)
            throttle.end(address: "local", account: nil, .refused)
        }
        #expect(throttle.begin(address: "local", account: nil) == .seconds(1))
        #expect(throttle.begin(address: "192.0.2.1", account: nil) == nil)
    }
}
