import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("PLAIN · RFC 4616")
struct PlainLoginTests {
    private func scene(_ localpart: String = "tim", _ text: String = "tanstaaftanstaaf") throws
        -> LoginScene
    {
        try LoginScene(accounts: ["\(localpart)@example.com": try credentials(of: text)])
    }

    @Test("§4: the first example logs in")
    func firstExample() throws {
        var scene = try scene()
        let order = scene.start("PLAIN", "\0tim\0tanstaaftanstaaf")
        #expect(order.account == "tim@example.com")
        #expect(
            order
                == .succeed(
                    SASLIdentity(account: try address("tim@example.com"), isAnonymous: false),
                    additionalData: nil))
    }

    @Test("§4: the second example, acting as another, is refused in XMPP")
    func secondExample() throws {
        var scene = try scene("kurt", "xipj3plmq")
        #expect(scene.start("PLAIN", "Ursel\0Kurt\0xipj3plmq") == .fail(.invalidAuthzid))
        #expect(scene.work == [])
    }

    @Test("RFC 6120 §6.4.2: without an initial response the server asks for the message")
    func asked() throws {
        var scene = try scene()
        #expect(scene.start("PLAIN", nil) == .challenge([]))
        #expect(scene.respond("\0tim\0tanstaaftanstaaf").account == "tim@example.com")
    }

    @Test(
        "RFC 6120 §6.3.8: the user's own bare address is accepted as authorization identity",
        arguments: ["tim@example.com", "Tim@EXAMPLE.com"])
    func ownAddress(authzid: String) throws {
        var scene = try scene()
        let order = scene.start("PLAIN", "\(authzid)\0tim\0tanstaaftanstaaf")
        #expect(order.account == "tim@example.com")
    }

    @Test(
        "§6.5.6: any other authorization identity is invalid",
        arguments: [
            "tim", "example.com", "tom@example.com", "tim@example.net", "tim@example.com/a", "@",
            "tim@", "a b@example.com",
        ])
    func otherAddress(authzid: String) throws {
        var scene = try scene()
        #expect(
            scene.start("PLAIN", "\(authzid)\0tim\0tanstaaftanstaaf") == .fail(.invalidAuthzid))
        #expect(scene.work == [])
    }

    @Test(
        "§2: a message that breaks the grammar is malformed",
        arguments: [
            "", "tim", "\0", "\0\0", "\0\0\0", "tim\0tanstaaftanstaaf", "\0tim", "\0tim\0",
            "\0\0tanstaaftanstaaf", "\0tim\0tanstaaf\0tanstaaf", "\0tim\0tanstaaftanstaaf\0",
        ])
    func malformed(message: String) throws {
        var scene = try scene()
        #expect(scene.start("PLAIN", message) == .fail(.malformedRequest))
        #expect(scene.work == [])
    }

    @Test("what is not UTF-8 is malformed", arguments: 0..<3)
    func notUTF8(part: Int) throws {
        var parts: [[UInt8]] = [Array("tim@example.com".utf8), Array("tim".utf8), Array("p".utf8)]
        parts[part] += [0xC3, 0x28]
        let message = Base64.encode(Array(parts.joined(separator: [0])))
        var negotiation = try scene().negotiation
        let order = negotiation.start(mechanism: "PLAIN", initialResponse: message, nonce: "n")
        #expect(order == .fail(.malformedRequest))
    }

    @Test(
        "names that no account can have, and passwords that SASLprep refuses, are not authorized",
        arguments: [
            "\0a b\0p", "\0tim@example.com\0p", "\0\u{7}\0p", "\0tim\0\u{7}", "\0\u{AD}\0p",
            "\0tim\0\u{E000}", "\0\u{627}1\0p",
        ])
    func unprepared(message: String) throws {
        var scene = try scene()
        #expect(scene.start("PLAIN", message) == .fail(.notAuthorized))
        #expect(scene.work == [])
    }

    @Test("user name and password are prepared")
    func prepared() throws {
        var scene = try scene("tim", "\u{E9}A")
        #expect(scene.start("PLAIN", "\0T\u{AD}IM\0e\u{301}\u{AD}A").account == "tim@example.com")
    }

    @Test("an unknown user and a wrong password look and cost the same")
    func unknown() throws {
        var wrong = try scene()
        #expect(wrong.start("PLAIN", "\0tim\0wrong") == .fail(.notAuthorized))
        var unknown = try scene()
        #expect(unknown.start("PLAIN", "\0tom\0wrong") == .fail(.notAuthorized))
        #expect(wrong.work == unknown.work)
        #expect(unknown.work == ["look up", "verify [4096, 4096, 4096]"])
    }

    @Test("no answer of the pool lets an unknown user in")
    func unknownButVerified() throws {
        var negotiation = try scene().negotiation
        let message = Base64.encode("\0tom\0p".utf8)
        guard
            case .lookUp(let account, .plain, let attempt) = negotiation.start(
                mechanism: "PLAIN", initialResponse: message, nonce: "n")
        else {
            Issue.record("nothing looked up")
            return
        }
        #expect(account.text == "tom@example.com")
        _ = negotiation.credentialsLoaded(nil, for: attempt)
        #expect(negotiation.passwordVerified(true, for: attempt) == .fail(.notAuthorized))
    }

    @Test("§6.5.2: only who knows the password of a disabled account hears that it is")
    func disabled() throws {
        for (typed, failure) in [
            ("secret", SASLFailure(.accountDisabled)), ("wrong", SASLFailure(.notAuthorized)),
        ] {
            var scene = try LoginScene(
                accounts: ["tim@example.com": .plain(try password("secret"))])
            scene.disabled = ["tim@example.com"]
            #expect(scene.start("PLAIN", "\0tim\0" + typed) == .fail(failure))
            scene.disabled = []
            guard case .succeed = scene.start("PLAIN", "\0tim\0secret") else {
                Issue.record("an account that is enabled again stays out")
                return
            }
        }
    }

    @Test("a password that is stored as it is")
    func storedPlain() throws {
        var scene = try LoginScene(accounts: ["tim@example.com": .plain(try password("secret"))])
        #expect(scene.start("PLAIN", "\0tim\0wrong") == .fail(.notAuthorized))
        #expect(scene.start("PLAIN", "\0tim\0secret").account == "tim@example.com")
    }

    @Test("a cache lets only the right password in")
    func cached() throws {
        let cache = VerifiedPasswordCache(entriesMax: 10, lifetime: .seconds(600))
        for _ in 0..<2 {
            var scene = try LoginScene(accounts: [
                "tim@example.com": .scram([try keys(of: "secret", .sha1)])
            ])
            scene.cache = cache
            #expect(scene.start("PLAIN", "\0tim\0wrong") == .fail(.notAuthorized))
            #expect(scene.start("PLAIN", "\0tim\0secret").account == "tim@example.com")
            #expect(cache.count == 1)
        }
    }
}
