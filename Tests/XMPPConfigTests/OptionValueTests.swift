import Testing
import XMPPCore

@testable import XMPPConfig

@Suite("Values of options")
struct OptionValueTests {
    /// Reads one scalar as a value.
    private func read<Value: OptionValue>(_ text: String, as type: Value.Type) -> Value? {
        let report = ConfigurationReport()
        let node = ConfigurationNode(text: text, at: SourcePosition(file: "test.yml", line: 1))
        let value = Value.read(node, with: OptionReader(report: report))
        #expect((value == nil) == !report.errors.isEmpty)
        return value
    }

    @Test(
        "Durations have units as ejabberd writes them; a plain number is seconds",
        arguments: [
            ("30", 30), ("30s", 30), ("30 seconds", 30), ("1 second", 1), ("5 min", 300),
            ("5 minutes", 300), ("2 h", 7200), ("1 hour", 3600), ("7 days", 604_800), ("0", 0),
            ("1 Day", 86_400),
        ])
    func durations(text: String, seconds: Int) {
        #expect(read(text, as: Duration.self) == .seconds(seconds))
    }

    @Test("Durations below a second")
    func milliseconds() {
        #expect(read("250 ms", as: Duration.self) == .milliseconds(250))
        #expect(Duration.milliseconds(1500).configurationText == "1500 ms")
    }

    @Test(
        "What is no duration is refused",
        arguments: [
            "", "-5", "5 parsecs", "min", "1.5 h", "infinity", "99999999999999999999",
            "9223372036854775807 days", "٣", "5 5",
        ])
    func noDurations(text: String) {
        #expect(read(text, as: Duration.self) == nil)
    }

    @Test("What a duration is written as reads back the same", arguments: [0, 1, 60, 3600, 90_000])
    func durationText(seconds: Int) {
        let value = Duration.seconds(seconds)
        #expect(read(value.configurationText, as: Duration.self) == value)
    }

    @Test(
        "Sizes", arguments: [("65536", 65536), ("64 KiB", 65536), ("10MB", 10_000_000), ("1 b", 1)])
    func sizes(text: String, bytes: Int) {
        #expect(read(text, as: ByteCount.self) == ByteCount(bytes))
    }

    @Test(
        "What is no size is refused",
        arguments: ["", "-1", "5 stone", "9223372036854775807 GiB", "1.5 MB"])
    func noSizes(text: String) {
        #expect(read(text, as: ByteCount.self) == nil)
    }

    @Test("Percentages and truth values")
    func small() {
        #expect(read("80%", as: Percent.self) == Percent(80))
        #expect(read("0", as: Percent.self) == Percent(0))
        #expect(read("101", as: Percent.self) == nil)
        #expect(read("%", as: Percent.self) == nil)
        #expect(read("yes", as: Bool.self) == true)
        #expect(read("False", as: Bool.self) == false)
        #expect(read("1", as: Bool.self) == nil)
        #expect(read("0x10", as: Int.self) == nil)
        #expect(read("9223372036854775808", as: Int.self) == nil)
        #expect(read("unlimited", as: Limit<Int>.self) == .infinity)
        #expect(read("many", as: Limit<Int>.self) == nil)
    }

    @Test(
        "Networks hold the addresses of their prefix",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("192.0.2.128/25", "192.0.2.129", true), ("192.0.2.128/25", "192.0.2.1", false),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("::/0", "127.0.0.1", false),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("127.0.0.0/8", "::ffff:127.0.0.1", true),
        ])
    func networks(network: String, address: String, isInside: Bool) throws {
        let range = try #require(IPNetwork(network))
        #expect(range.contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(
        "What is no network is refused",
        arguments: [
            "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "::1/129", "/8", "a/8",
            "10.0.0.0/8/8", "10.0.0.0/+8", "::1%lo", "",
        ])
    func noNetworks(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test("Addresses read back as they are written", arguments: ["127.0.0.1", "::", "2001:db8::1"])
    func addresses(text: String) throws {
        #expect(try #require(IPAddress(text)).description == text)
        #expect(IPAddress("[\(text)]")?.description == (text.contains(":") ? text : nil))
    }

    @Test("Addresses and domains are prepared")
    func prepared() {
        #expect(read("Romeo@Example.COM", as: BareJID.self)?.text == "romeo@example.com")
        #expect(read("romeo@a/garden", as: BareJID.self) == nil)
        #expect(read("Example.COM", as: DomainName.self)?.text == "example.com")
        #expect(read("romeo@a", as: DomainName.self) == nil)
    }

    @Test("Lists and maps tell of every wrong item")
    func collections() {
        let report = ConfigurationReport()
        let reader = OptionReader(report: report, path: ["x"])
        let place = SourcePosition(file: "f", line: 1)
        let items = ["1", "a", "3", "b"].map { ConfigurationNode(text: $0, at: place) }
        #expect([Int].read(ConfigurationNode(.list(items), at: place), with: reader) == nil)
        #expect(report.errors.map(\.path) == ["x[2]", "x[4]"])
    }

    @Test("The nearest name is near, or there is none")
    func nearest() {
        let names = ["listen", "language", "loglevel", "acl"]
        #expect(NearestName.to("lisetn", among: names) == "listen")
        #expect(NearestName.to("LISTEN", among: names) == "listen")
        #expect(NearestName.to("log_level", among: names) == "loglevel")
        #expect(NearestName.to("zzz", among: names) == nil)
        #expect(NearestName.to("", among: names) == nil)
        #expect(NearestName.to(String(repeating: "l", count: 9999), among: names) == nil)
    }

    @Test("Sets of values say which names differ")
    func differing() {
        let empty = OptionValues()
        let one = empty.setting(Play.quietTime, to: .seconds(20))
        #expect(one.namesDiffering(from: empty) == ["quiet_time"])
        #expect(one != empty)
        #expect(one == empty.setting(Play.quietTime, to: .seconds(20)))
        #expect(one != empty.setting(Play.quietTime, to: .seconds(21)))
        #expect(one[Play.quietTime] == .seconds(20))
        #expect(OptionValues(host: "a.example")[Play.host] == "vjud.a.example")
    }
}
