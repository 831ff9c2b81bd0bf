import Testing

@testable import XMPPCore

@Suite("Addresses · RFC 7622 §3")
struct JIDTests {
    @Test(
        "Valid addresses are prepared",
        arguments: [
            ("juliet@example.com", "juliet@example.com"),
            ("Juliet@EXAMPLE.com", "juliet@example.com"),
            ("juliet@example.com/Balcony", "juliet@example.com/Balcony"),
            ("example.com.", "example.com"),
            ("example.com/a/b@c", "example.com/a/b@c"),
            ("romeo@[::1]", "romeo@[::1]"),
            ("localhost", "localhost"),
            ("stra\u{DF}e@example.com", "strasse@example.com"),
            ("\u{3A3}@example.com", "\u{3C3}@example.com"),
            ("user@B\u{FC}cher.example", "user@b\u{FC}cher.example"),
            ("u@example.com/ foo bar ", "u@example.com/ foo bar "),
            ("u@example.com/\u{2615}", "u@example.com/\u{2615}"),
        ])
    func valid(text: String, prepared: String) {
        #expect(JID(text)?.description == prepared)
    }

    @Test(
        "Invalid addresses are refused",
        arguments: [
            "", "@example.com", "juliet@", "juliet@/x", "/x", "juliet@example.com/",
            "a b@example.com",
            "a\"b@example.com", "a&b@example.com", "a'b@example.com", "a:b@example.com",
            "a<b@example.com", "a>b@example.com", "a@b@example.com", "juliet@exa mple.com",
            "juliet@.example.com", "juliet@example..com", "juliet@exam&ple.com",
            "a\u{0}b@example.com",
            "u@example.com/\u{7}", "u@example.com/a\u{200E}", "\u{E000}@example.com",
            "u@[::1", "u@[zz]", String(repeating: "a", count: 1024) + "@example.com",
            "u@example.com/" + String(repeating: "r", count: 1024),
        ])
    func invalid(text: String) {
        #expect(JID(text) == nil)
    }

    @Test("Parts of exactly 1023 bytes are allowed")
    func longest() {
        let part = String(repeating: "a", count: 1023)
        #expect(JID("\(part)@\(part)/\(part)") != nil)
    }

    @Test("Bytes that are not UTF-8 are refused")
    func notUTF8() {
        let bytes: [UInt8] = [0x61, 0xFF, 0x40, 0x62]
        #expect(bytes.withUnsafeBufferPointer { JID(utf8: $0) } == nil)
    }

    @Test("The two kinds of address do not mix")
    func kinds() throws {
        #expect(BareJID("a@b/c") == nil)
        #expect(FullJID("a@b") == nil)
        let full = try #require(FullJID("A@b/C"))
        #expect(full.bare == BareJID("a@b"))
        #expect(full.bare.localpart == "a")
        #expect(full.bare.domain == BareJID("b"))
        #expect(full.resourcepart == "C")
    }
}
