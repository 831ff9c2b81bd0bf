import Testing
import XMPPConfig

@testable import XMPPEngine

@Suite("Addresses that failed to log in too often")
struct AddressBansTests {
    private let clock = SteppedClock()
    private let limits = AddressBans.Limits(failuresMax: 3, lifetime: 60)

    private func table(_ networksMax: Int = 50_000) -> AddressBans {
        AddressBans(networksMax: networksMax) { [clock] in clock.seconds }
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func fail(_ bans: AddressBans, _ text: String, times: Int = 1) throws {
        let address = try address(text)
        for _ in 0..<times { bans.failed(address, account: "a@example.com", limits: limits) }
    }

    private func left(_ bans: AddressBans, _ text: String) throws -> Int? {
        bans.secondsLeft(for: try address(text))
    }

    @Test("The last allowed failure bans, for the lifetime, and nobody else")
    func bans() throws {
        let bans = table()
        try fail(bans, "192.0.2.9", times: 2)
        #expect(try left(bans, "192.0.2.9") == nil)
        #expect(bans.count == 0)
        try fail(bans, "192.0.2.9")
        #expect(try left(bans, "192.0.2.9") == 60)
        #expect(try left(bans, "::ffff:192.0.2.9") == 60)
        #expect(try left(bans, "192.0.2.8") == nil)
        #expect(bans.count == 1)
        clock.pass(59)
        #expect(try left(bans, "192.0.2.9") == 1)
        clock.pass(1)
        #expect(try left(bans, "192.0.2.9") == nil)
    }

    @Test("A ban that is over begins anew with the first failure")
    func anew() throws {
        let bans = table()
        try fail(bans, "192.0.2.9", times: 3)
        clock.pass(60)
        try fail(bans, "192.0.2.9", times: 2)
        #expect(try left(bans, "192.0.2.9") == nil)
        #expect(bans.count == 0)
        try fail(bans, "192.0.2.9")
        #expect(try left(bans, "192.0.2.9") == 60)
        #expect(bans.count == 1)
    }

    @Test("Failures count for the lifetime after the last; those during a ban do not prolong it")
    func window() throws {
        let bans = table()
        try fail(bans, "192.0.2.9")
        clock.pass(60)
        try fail(bans, "192.0.2.9", times: 2)
        #expect(try left(bans, "192.0.2.9") == nil)
        clock.pass(59)
        try fail(bans, "192.0.2.9")
        #expect(try left(bans, "192.0.2.9") == 60)
        clock.pass(30)
        try fail(bans, "192.0.2.9", times: 5)
        #expect(try left(bans, "192.0.2.9") == 30)
        #expect(bans.count == 1)
    }

    @Test("An IPv6 /64 is one client, its neighbour another")
    func networks() throws {
        let bans = table()
        for number in 1...3 { try fail(bans, "2001:db8::\(number)") }
        #expect(try left(bans, "2001:db8::ffff:ffff:ffff:ffff") == 60)
        #expect(try left(bans, "2001:db8:0:1::1") == nil)
    }

    @Test("A success forgives the failures for its own account, not those for others")
    func success() throws {
        let bans = table()
        let address = try address("192.0.2.9")
        bans.failed(address, account: "mine", limits: limits)
        bans.failed(address, account: "hers", limits: limits)
        bans.succeeded(address, account: "mine")
        bans.failed(address, account: "hers", limits: limits)
        #expect(bans.secondsLeft(for: address) == nil)
        bans.succeeded(address, account: "mine")
        bans.failed(address, account: "hers", limits: limits)
        #expect(bans.secondsLeft(for: address) == 60)
        bans.succeeded(address, account: "hers")
        #expect(bans.secondsLeft(for: address) == 60)
    }

    @Test("A full table forgets who failed least; bans stay, and nobody is refused for it")
    func eviction() throws {
        let bans = table(100)
        try fail(bans, "192.0.2.9", times: 3)
        for number in 0..<1000 { try fail(bans, "198.51.\(number / 256).\(number % 256)") }
        #expect(bans.networkCount <= 100)
        #expect(try left(bans, "192.0.2.9") == 60)
        #expect(try left(bans, "203.0.113.1") == nil)
        #expect(bans.count == 1)
        for number in 0..<1000 { try fail(bans, "10.0.\(number / 256).\(number % 256)", times: 3) }
        #expect(bans.networkCount <= 100)
        #expect(bans.count <= 100)
        #expect(try left(bans, "203.0.113.1") == nil)
        // Who comes last is banned all the same.
        try fail(bans, "203.0.113.2", times: 3)
        #expect(try left(bans, "203.0.113.2") == 60)
    }

    @Test("What is over makes room")
    func expiry() throws {
        let bans = table(100)
        for number in 0..<100 { try fail(bans, "192.0.2.\(number)", times: 3) }
        #expect(bans.count == 100)
        clock.pass(60)
        #expect(try left(bans, "192.0.2.1") == nil)
        #expect(bans.count == 0)
        #expect(bans.networkCount == 0)
    }

    @Test(
        "Bans are lifted by address and by network",
        arguments: [
            ("192.0.2.9", 1), ("192.0.2.0/24", 2), ("192.0.2.0/29", 0), ("2001:db8::7", 1),
            ("2001:db8::/32", 1), ("2001:db8::7/128", 1), ("2001:db8:1::/48", 0), ("0.0.0.0/0", 2),
        ])
    func lifting(range: String, count: Int) throws {
        let bans = table()
        for text in ["192.0.2.9", "192.0.2.10", "2001:db8::1"] { try fail(bans, text, times: 3) }
        try fail(bans, "192.0.2.11", times: 2)
        #expect(bans.lift(try #require(IPNetwork(range))) == count)
        #expect(bans.count == 3 - count)
        bans.liftAll()
        #expect(bans.count == 0)
        #expect(try left(bans, "192.0.2.9") == nil)
    }
}
