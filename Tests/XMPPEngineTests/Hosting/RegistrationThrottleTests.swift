import Testing

@testable import XMPPEngine

@Suite("Registrations from one address")
struct RegistrationThrottleTests {
    private let throttle = RegistrationThrottle(interval: 60, now: { 0 })

    @Test("An IPv6 /64, which one subscriber has, counts as one address")
    func network() {
        #expect(throttle.begin("2001:db8:1:2::1"))
        #expect(!throttle.begin("2001:db8:1:2::1"))
        #expect(!throttle.begin("2001:db8:1:2:ffff::9"))
        #expect(throttle.begin("2001:db8:1:3::1"))
    }

    @Test("IPv4 addresses count one by one, also when they are mapped")
    func single() {
        #expect(throttle.begin("192.0.2.1"))
        #expect(throttle.begin("192.0.2.2"))
        #expect(!throttle.begin("::ffff:192.0.2.1"))
    }

    @Test("A registration that failed frees its network")
    func cancelled() {
        #expect(throttle.begin("2001:db8::1"))
        throttle.cancel("2001:db8::2")
        #expect(throttle.begin("2001:db8::3"))
    }
}
