import Testing

@testable import XMPPEngine

@Suite("SASLprep · RFC 4013")
struct SASLprepTests {
    @Test(
        "§3: the examples",
        arguments: [
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"),
            ("\u{2168}", "IX"),
        ])
    func examples(text: String, prepared: String) {
        #expect(SASLprep.prepare(text) == prepared)
    }

    @Test("§2.1: other spaces become spaces")
    func spaces() {
        #expect(SASLprep.prepare("a\u{A0}b\u{3000}c d") == "a b c d")
    }

    @Test("§2.2: composed and decomposed letters are the same")
    func normalised() {
        #expect(SASLprep.prepare("e\u{301}") == "\u{E9}")
        #expect(SASLprep.prepare("e\u{301}")?.utf8.count == 2)
    }

    @Test(
        "§2.3–2.5: forbidden characters",
        arguments: [
            "\u{7}", "a\u{0}b", "a\u{7F}", "\n", "a\u{80}", "a\u{E000}", "\u{FFFD}",
            "a\u{2FF0}", "a\u{E0001}", "\u{627}1", "a\u{627}", "\u{221}", "pass\u{1F600}",
        ])
    func forbidden(text: String) {
        #expect(SASLprep.prepare(text) == nil)
    }

    @Test("nothing, or nothing left, is refused")
    func empty() {
        #expect(SASLprep.prepare("") == nil)
        #expect(SASLprep.prepare("\u{AD}\u{200C}") == nil)
    }

    @Test("1023 bytes are accepted, 1024 are not, before and after")
    func length() {
        #expect(SASLprep.prepare(String(repeating: "a", count: 1023)) != nil)
        #expect(SASLprep.prepare(String(repeating: "a", count: 1024)) == nil)
        #expect(SASLprep.prepare(String(repeating: "\u{FDFA}", count: 341)) == nil)
    }

    @Test("a password does not show in its description")
    func hidden() throws {
        let secret = try password("r0m30myr0m30")
        let check = PasswordCheck(
            account: try address("juliet@example.com"), password: secret,
            credentials: .plain(secret))
        let order = SASLNegotiation.Order.verifyPassword(check, SASLAttempt())
        #expect(!"\(order) \(secret)".contains("r0m30"))
    }
}
