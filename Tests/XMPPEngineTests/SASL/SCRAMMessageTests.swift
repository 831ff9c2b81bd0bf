import Testing

@testable import XMPPEngine

@Suite("SCRAM messages · RFC 5802 §7")
struct SCRAMMessageTests {
    @Test("a client's first message with everything in it")
    func first() throws {
        let message = "p=tls-exporter,a=a=2Cb,n=ju=3Dliet,r=x!~,z=1"
        let first = try SCRAMClientFirst(Array(message.utf8))
        #expect(first.binding == .used("tls-exporter"))
        #expect(first.authzid == "a,b")
        #expect(first.username == "ju=liet")
        #expect(first.nonce == Array("x!~".utf8))
        #expect(first.gs2Header == Array("p=tls-exporter,a=a=2Cb,".utf8))
        #expect(first.bare == Array("n=ju=3Dliet,r=x!~,z=1".utf8))
    }

    @Test(
        "a client's first message that breaks the grammar is malformed",
        arguments: [
            "", ",", "n", "n,", "n,,", "n,,,", "n=user,r=abc", "n,n=user,r=abc",
            "x,,n=user,r=abc", "N,,n=user,r=abc", "nn,,n=user,r=abc", ",,n=user,r=abc",
            "p,,n=user,r=abc", "p=,,n=user,r=abc", "p=tls unique,,n=user,r=abc",
            "p=tls_unique,,n=user,r=abc", "y=a,,n=user,r=abc", "n=,,n=user,r=abc",
            "n,a=,n=user,r=abc", "n,b=user,n=user,r=abc", "n,user,n=user,r=abc",
            "n,a=us=er,n=user,r=abc", "n,,n=,r=abc", "n,,n=user", "n,,n=user,", "n,,r=abc",
            "n,,r=abc,n=user", "n,,u=user,r=abc", "n,,n=user,r=", "n,,n=user,r", "n,,n=user,q=abc",
            "n,,n=us=er,r=abc", "n,,n=user=,r=abc", "n,,n=user=2,r=abc", "n,,n=user=2c,r=abc",
            "n,,n=user=3d,r=abc", "n,,n=user=00,r=abc", "n,,n==,r=abc", "n,,n=user,r=a c",
            "n,,n=user,r=a\u{7F}c", "n,,n=user,r=é", "n,,n=user,r=a\tc", "n,,n=us\u{0}er,r=abc",
            "n,,n=user,r=abc,", "n,,n=user,r=abc,x", "n,,n=user,r=abc,x=", "n,,n=user,r=abc,=1",
            "n,,n=user,r=abc,1=1", "n,,n=user,r=abc,xx=1", "n,,n=user,r=abc,,x=1",
            "n,,n=user,r=abc,r=abc", "n,,n=user,r=abc,n=other", "n,,n=user,r=abc,a=other",
            "n,,n=user,r=abc,m=1", "n,,n=user,r=abc,c=biws", "n,,n=user,r=abc,i=1",
            "n,,n=user,r=abc,s=1", "n,,n=user,r=abc,p=1", "n,,n=user,r=abc,v=1",
            "n,,n=user,r=abc,e=1", "n,,n=user\u{0},r=abc",
            "n,,n=user,r=" + String(repeating: "a", count: 257),
        ])
    func malformedFirst(message: String) throws {
        #expect(throws: SASLFailure(.malformedRequest)) {
            try SCRAMClientFirst(Array(message.utf8))
        }
    }

    @Test("§5.1: an extension that must be understood is refused, in either message")
    func mandatoryExtension() throws {
        #expect(throws: SASLFailure(.malformedRequest, "SCRAM extensions are not supported")) {
            try SCRAMClientFirst(Array("n,,m=ext,n=user,r=abc".utf8))
        }
        #expect(throws: SASLFailure(.malformedRequest)) {
            try SCRAMClientFinal(Array("c=biws,r=abc,m=ext,p=AAAA".utf8))
        }
    }

    @Test(
        "what is not UTF-8 is malformed, also inside a name",
        arguments: [[0xC3], [0xC3, 0x28], [0xFF], [0xED, 0xA0, 0x80], [0xC0, 0x80]])
    func notUTF8(bytes: [UInt8]) throws {
        #expect(throws: SASLFailure(.malformedRequest)) {
            try SCRAMClientFirst(Array("n,,n=u".utf8) + bytes + Array(",r=abc".utf8))
        }
        #expect(throws: SASLFailure(.malformedRequest)) {
            try SCRAMClientFinal(Array("c=biws,r=abc,x=".utf8) + bytes + Array(",p=AAAA".utf8))
        }
    }

    @Test("a comma is a comma also before a combining accent")
    func combining() throws {
        let first = try SCRAMClientFirst(Array("n,,n=user,r=abc,x=a".utf8))
        #expect(first.username == "user")
        #expect(throws: SASLFailure(.malformedRequest)) {
            try SCRAMClientFirst(Array("n,,n=user,\u{301}r=abc".utf8))
        }
    }

    @Test("a client's final message with everything in it")
    func final() throws {
        let final = try SCRAMClientFinal(Array("c=biws,r=abc,x=1,y=2,p=AAAA".utf8))
        #expect(final.bindingInput == Array("n,,".utf8))
        #expect(final.nonce == Array("abc".utf8))
        #expect(final.proof == [0, 0, 0])
        #expect(final.withoutProof == Array("c=biws,r=abc,x=1,y=2".utf8))
    }

    @Test(
        "a client's final message that breaks the grammar is malformed",
        arguments: [
            "", ",", ",,", "c=biws", "c=biws,r=abc", "c=biws,p=AAAA", "r=abc,p=AAAA",
            "r=abc,c=biws,p=AAAA", "c=,r=abc,p=AAAA", "c=biw,r=abc,p=AAAA", "c=b iws,r=abc,p=AAAA",
            "c=biws,r=,p=AAAA", "c=biws,r=abc,p=", "c=biws,r=abc,p", "c=biws,r=abc,p=AAA",
            "c=biws,r=abc,p=AA=A", "c=biws,r=abc,p=AAAA,", "c=biws,r=abc,p=AAAA,x=1",
            "c=biws,r=abc,x,p=AAAA", "c=biws,r=abc,x=,p=AAAA", "c=biws,r=abc,,p=AAAA",
            "c=biws,r=abc,p=AAAA,p=AAAA", "c=biws,r=abc,r=abc,p=AAAA", "C=biws,r=abc,p=AAAA",
            "c=biws,r=abc,P=AAAA", "c=biws,r=ab\u{0}c,p=AAAA", "n,,n=user,r=abc",
        ])
    func malformedFinal(message: String) throws {
        #expect(throws: SASLFailure(.malformedRequest)) {
            try SCRAMClientFinal(Array(message.utf8))
        }
    }

    private func scene() throws -> LoginScene {
        try LoginScene(accounts: ["juliet@example.com": try credentials(of: "r0m30myr0m30")])
    }

    @Test(
        "§5.1: a nonce that is not the exchange's is refused",
        arguments: [
            "clientnonce", "servernonce", "clientnonceservernonc", "clientnonceservernoncex",
            "Clientnonceservernonce", "clientnonceserverXonce",
        ])
    func wrongNonce(nonce: String) throws {
        var scene = try scene()
        let client = SCRAMClient()
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        let final = try client.final(challenge)
        let changed = final.replacing("r=clientnonceservernonce", with: "r=" + nonce)
        let mismatch = SASLFailure(.notAuthorized, "The nonce does not match")
        #expect(scene.respond(changed) == .fail(mismatch))
    }

    @Test("a proof with one bit changed, in any byte, is refused", arguments: 0..<32)
    func wrongProof(byte: Int) throws {
        var scene = try scene()
        let client = SCRAMClient()
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        let final = try client.final(challenge)
        let parts = final.split(separator: ",p=")
        var proof = try #require(Base64.decode(String(parts[1])))
        proof[byte] ^= 1
        #expect(
            scene.respond(parts[0] + ",p=" + Base64.encode(proof)) == .fail(.notAuthorized))
    }

    @Test("a proof of another length is malformed", arguments: [1, 31, 33, 64])
    func proofLength(count: Int) throws {
        var scene = try scene()
        let challenge = try #require(scene.start("SCRAM-SHA-256", SCRAMClient().first).challenge)
        let nonce = challenge.split(separator: ",")[0]
        let proof = Base64.encode([UInt8](repeating: 0, count: count))
        #expect(scene.respond("c=biws,\(nonce),p=\(proof)") == .fail(.malformedRequest))
    }

    @Test("a malformed final message ends the attempt")
    func malformedEnds() throws {
        var scene = try scene()
        let client = SCRAMClient()
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        #expect(scene.respond("c=biws").condition == .malformedRequest)
        #expect(scene.respond(try client.final(challenge)).condition == .malformedRequest)
    }
}
