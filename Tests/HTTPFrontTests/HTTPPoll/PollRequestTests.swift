import Testing

@testable import HTTPFront

@Suite("Polling requests · XEP-0025 §3")
struct PollRequestTests {
    private static func read(_ text: String) -> PollRequest? {
        Array(text.utf8).withUnsafeBytes { PollRequest($0) }
    }

    private static func content(_ text: String) -> String? {
        read(text).map { String(decoding: Array(text.utf8)[$0.content], as: UTF8.self) }
    }

    @Test("Identifier, key, new key and content are told apart")
    func parts() throws {
        let request = try #require(Self.read("7776:2054;key=;new+/=,<presence/>,;"))
        #expect(request.identifier == .session("7776:2054"))
        #expect(request.key == "key=")
        #expect(request.newKey == "new+/=")
        #expect(Self.content("7776:2054;key=;new+/=,<presence/>,;") == "<presence/>,;")
    }

    @Test("Keys and content may be missing")
    func minimal() throws {
        let request = try #require(Self.read("a-Z:9,"))
        #expect(request.identifier == .session("a-Z:9"))
        #expect(request.key == nil)
        #expect(request.newKey == nil)
        #expect(request.content.isEmpty)
    }

    @Test("A first request has the identifier 0, or mobile")
    func first() {
        #expect(Self.read("0;k,<x>")?.identifier == .new)
        #expect(Self.read("mobile,<x>")?.identifier == .newMobile)
        #expect(Self.read("00,<x>")?.identifier == .session("00"))
    }

    @Test(
        "What is no request",
        arguments: [
            "", "0", "0;key", ",", ",<x>", ";,", "0;,", "0;a;,", "0;a;b;c,", "a b,", "a_b,", "é,",
            "a.b,<x>", "<stream:stream>", String(repeating: "a", count: 65) + ",",
            "0;" + String(repeating: "k", count: 600) + ",", "\n0,",
        ])
    func refused(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test("A key that is no UTF-8 makes no request")
    func binary() {
        let bytes: [UInt8] = [0x30, 0x3B, 0xFF, 0x2C]
        #expect(bytes.withUnsafeBytes { PollRequest($0) } == nil)
    }

    @Test("Identifiers have the characters they may have, and read as no error")
    func identifiers() {
        #expect(PollSessionID.identifier(from: "a+b/c9") == "a-b:c9")
        for _ in 0..<5000 {
            let id = PollSessionID.make()
            #expect(!id.hasSuffix(":0"))
            #expect(Self.read(id + ",")?.identifier == .session(id))
        }
    }

    @Test("§3.1: there are four errors")
    func errors() {
        #expect(PollFailure.allCases.map(\.rawValue) == ["0:0", "-1:0", "-2:0", "-3:0"])
    }

    @Test("The identifier comes in a cookie, which stays on TLS where it began there")
    func cookie() {
        func cookie(_ id: String?, isSecure: Bool) -> String? {
            PollAnswer.fields(id, isSecure: isSecure).first { $0.name == "Set-Cookie" }?.value
        }
        #expect(cookie("a:b", isSecure: false) == "ID=a:b; expires=-1")
        #expect(cookie("-3:0", isSecure: true) == "ID=-3:0; expires=-1; Secure")
        #expect(cookie(nil, isSecure: true) == nil)
    }
}
