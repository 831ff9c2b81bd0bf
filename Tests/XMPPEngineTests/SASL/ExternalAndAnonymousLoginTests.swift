import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("EXTERNAL · RFC 4422 appendix A, XEP-0178 §2")
struct ExternalLoginTests {
    private func scene(_ addresses: [String]) throws -> LoginScene {
        try LoginScene(
            security: TransportSecurity(
                isEncrypted: true, certificateAddresses: try addresses.map(address)),
            accounts: [
                "juliet@example.com": try credentials(of: "p"),
                "romeo@example.com": try credentials(of: "p"),
            ])
    }

    @Test("one address in the certificate: it is the user, asked by message or by challenge")
    func one() throws {
        var scene = try scene(["juliet@example.com", "juliet@example.net"])
        #expect(scene.start("EXTERNAL", "").account == "juliet@example.com")
        var asked = try self.scene(["juliet@example.com"])
        #expect(asked.start("EXTERNAL", nil) == .challenge([]))
        #expect(asked.respond("").account == "juliet@example.com")
    }

    @Test("two addresses: the authorization identity chooses; without one it is invalid")
    func two() throws {
        let addresses = ["juliet@example.com", "romeo@example.com"]
        var scene = try scene(addresses)
        #expect(scene.start("EXTERNAL", "") == .fail(.invalidAuthzid))
        #expect(scene.start("EXTERNAL", "Romeo@example.com").account == "romeo@example.com")
    }

    @Test("the same address twice is one address")
    func twice() throws {
        var scene = try scene(["juliet@example.com", "juliet@example.com"])
        #expect(scene.start("EXTERNAL", "").account == "juliet@example.com")
    }

    @Test(
        "an authorization identity that is not in the certificate is invalid",
        arguments: [
            "romeo@example.com", "juliet@example.net", "juliet", "example.com", "@",
            "juliet@example.com/balcony", "juliet@example.com\u{0}",
        ])
    func others(authzid: String) throws {
        var scene = try scene(["juliet@example.com", "juliet@example.net"])
        #expect(scene.start("EXTERNAL", authzid) == .fail(.invalidAuthzid))
    }

    @Test("an authorization identity that is not UTF-8 is malformed")
    func notUTF8() throws {
        var negotiation = try scene(["juliet@example.com"]).negotiation
        let order = negotiation.start(
            mechanism: "EXTERNAL", initialResponse: Base64.encode([0xC3, 0x28]), nonce: "n")
        #expect(order == .fail(.malformedRequest))
    }

    @Test("a certificate for an account that does not exist is not authorized")
    func noAccount() throws {
        var scene = try scene(["nobody@example.com"])
        #expect(scene.start("EXTERNAL", "") == .fail(.notAuthorized))
    }

    @Test("without a certificate the mechanism is invalid")
    func noCertificate() throws {
        var scene = try scene([])
        #expect(scene.start("EXTERNAL", "juliet@example.com") == .fail(.invalidMechanism))
    }
}

@Suite("ANONYMOUS · RFC 4505, XEP-0175")
struct AnonymousLoginTests {
    private func scene() throws -> LoginScene {
        var policy = SASLPolicy()
        policy.offersAnonymous = true
        return try LoginScene(policy: policy)
    }

    @Test("a session gets a localpart of its own", arguments: ["", "sirhc", "a@example.org", "ß"])
    func login(trace: String) throws {
        var names: Set<String> = []
        for nonce in ["one", "two"] {
            var scene = try scene()
            guard
                case .succeed(let identity, let data) = scene.start(
                    "ANONYMOUS", trace, nonce: nonce)
            else {
                Issue.record("refused")
                return
            }
            #expect(identity.isAnonymous)
            #expect(data == nil)
            #expect(identity.account.localpart?.utf8.count == 32)
            #expect(identity.account.domainpart == "example.com")
            names.insert(identity.account.text)
        }
        #expect(names.count == 2)
    }

    @Test("the trace may come as the answer to an empty challenge")
    func asked() throws {
        var scene = try scene()
        #expect(scene.start("ANONYMOUS", nil) == .challenge([]))
        #expect(scene.respond("sirhc").account != nil)
    }

    @Test("§2: a trace of 255 characters is accepted, of 256 it is malformed, controls too")
    func traces() throws {
        var scene = try scene()
        for trace in [String(repeating: "é", count: 256), "a\nb", "\u{0}", "\u{7F}"] {
            #expect(scene.start("ANONYMOUS", trace) == .fail(.malformedRequest))
        }
        #expect(scene.start("ANONYMOUS", String(repeating: "é", count: 255)).account != nil)
    }

    @Test("a trace that is not UTF-8 is malformed")
    func notUTF8() throws {
        var negotiation = try scene().negotiation
        let order = negotiation.start(
            mechanism: "ANONYMOUS", initialResponse: Base64.encode([0xFF]), nonce: "n")
        #expect(order == .fail(.malformedRequest))
    }

    @Test("a host that is not anonymous refuses")
    func refused() throws {
        var scene = try LoginScene()
        #expect(scene.start("ANONYMOUS", "") == .fail(.invalidMechanism))
    }
}
