import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("SASL negotiation · RFC 6120 §6.4–6.5")
struct SASLNegotiationTests {
    private func scene() throws -> LoginScene {
        var policy = SASLPolicy()
        policy.passwords = PasswordPolicy(hashes: [.sha1])
        return try LoginScene(
            policy: policy,
            accounts: [
                "juliet@example.com": .scram([try keys(of: "p", .sha1)]),
                "romeo@example.com": .scram([try keys(of: "q", .sha1)]),
            ])
    }

    private func start(
        _ negotiation: inout SASLNegotiation, _ mechanism: String, _ message: String
    ) throws -> SASLAttempt {
        let order = negotiation.start(
            mechanism: mechanism, initialResponse: Base64.encode(message.utf8), nonce: "n")
        guard case .lookUp(_, _, let attempt) = order else {
            throw BadFixture(text: message)
        }
        return attempt
    }

    private let plain = "\0juliet\0p"
    private let scram = "n,,n=juliet,r=abc"

    @Test(
        "§6.5.4: what is not base 64 is an incorrect encoding",
        arguments: ["a", "==", "AA A", "AB==", "\n"])
    func encoding(text: String) throws {
        var negotiation = try scene().negotiation
        for mechanism in ["PLAIN", "SCRAM-SHA-1"] {
            let order = negotiation.start(mechanism: mechanism, initialResponse: text, nonce: "n")
            #expect(order == .fail(.incorrectEncoding))
            _ = negotiation.start(mechanism: mechanism, initialResponse: nil, nonce: "n")
            #expect(negotiation.respond(text) == .fail(.incorrectEncoding))
        }
    }

    @Test("§6.4.2: an equals sign is an empty message, an empty element none")
    func empty() throws {
        var negotiation = try scene().negotiation
        func start(_ text: String?) -> SASLNegotiation.Order {
            negotiation.start(mechanism: "PLAIN", initialResponse: text, nonce: "n")
        }
        #expect(start("=") == .fail(.malformedRequest))
        #expect(start("") == .challenge([]))
        #expect(negotiation.respond("") == .fail(.malformedRequest))
        #expect(start(nil) == .challenge([]))
        #expect(negotiation.respond("=") == .fail(.malformedRequest))
    }

    @Test("a message longer than the limit is malformed, before it is decoded")
    func oversize() throws {
        var negotiation = try scene().negotiation
        let long = String(repeating: "A", count: SASLNegotiation.messageBytesMax + 4)
        let order = negotiation.start(mechanism: "PLAIN", initialResponse: long, nonce: "n")
        let tooLong = SASLFailure(.malformedRequest, "The message is too long")
        #expect(order == .fail(tooLong))
        _ = negotiation.start(mechanism: "PLAIN", initialResponse: nil, nonce: "n")
        #expect(negotiation.respond(long) == .fail(tooLong))
        let allowed = String(long.dropLast(4))
        #expect(
            negotiation.start(mechanism: "PLAIN", initialResponse: allowed, nonce: "n")
                == .fail(.malformedRequest))
    }

    @Test("the parts of a message have limits of their own")
    func longParts() throws {
        var scene = try scene()
        let long = String(repeating: "a", count: 1024)
        #expect(scene.start("PLAIN", "\0\(long)\0p") == .fail(.notAuthorized))
        #expect(scene.start("PLAIN", "\0juliet\0\(long)") == .fail(.notAuthorized))
        #expect(scene.start("PLAIN", "\(long)@a\0juliet\0p") == .fail(.invalidAuthzid))
        #expect(scene.start("SCRAM-SHA-1", "n,,n=\(long),r=abc") == .fail(.notAuthorized))
        #expect(scene.work == [])
    }

    @Test("§6.4.4: the client may abort at every step, and start again")
    func abort() throws {
        var scene = try scene()
        #expect(scene.negotiation.abort() == .fail(.aborted))
        for mechanism in ["PLAIN", "SCRAM-SHA-1"] {
            _ = scene.start(mechanism, nil)
            #expect(scene.negotiation.abort() == .fail(.aborted))
            #expect(scene.respond(plain).condition == .malformedRequest)
        }
        _ = scene.start("SCRAM-SHA-1", scram)
        #expect(scene.negotiation.abort() == .fail(.aborted))
        #expect(scene.start("PLAIN", plain).account == "juliet@example.com")
    }

    @Test("an abort while the store is busy: its answer is ignored")
    func abortLookUp() throws {
        for (mechanism, message) in [("PLAIN", plain), ("SCRAM-SHA-1", scram)] {
            var scene = try scene()
            let attempt = try start(&scene.negotiation, mechanism, message)
            #expect(scene.negotiation.abort() == .fail(.aborted))
            let found = scene.accounts["juliet@example.com"]
            #expect(scene.negotiation.credentialsLoaded(found, for: attempt) == .ignore)
            #expect(scene.negotiation.lookUpFailed(for: attempt) == .ignore)
            #expect(scene.start("PLAIN", plain).account == "juliet@example.com")
        }
    }

    @Test("an abort while the password is being checked: the answer is ignored")
    func abortCheck() throws {
        var scene = try scene()
        let attempt = try start(&scene.negotiation, "PLAIN", plain)
        let found = scene.accounts["juliet@example.com"]
        guard case .verifyPassword = scene.negotiation.credentialsLoaded(found, for: attempt) else {
            Issue.record("not to be verified")
            return
        }
        #expect(scene.negotiation.abort() == .fail(.aborted))
        #expect(scene.negotiation.passwordVerified(true, for: attempt) == .ignore)
    }

    @Test("an abort while keys are being derived: the answer is ignored")
    func abortDerivation() throws {
        var scene = try scene()
        let attempt = try start(&scene.negotiation, "SCRAM-SHA-1", scram)
        let order = scene.negotiation.credentialsLoaded(.plain(try password("p")), for: attempt)
        guard case .deriveKeys(let derivation, attempt) = order else {
            Issue.record("not to be derived")
            return
        }
        #expect(scene.negotiation.abort() == .fail(.aborted))
        #expect(scene.negotiation.keysDerived(derivation.run(), for: attempt) == .ignore)
    }

    @Test("a second start replaces the first: no answer meant for one counts for the other")
    func secondStart() throws {
        var scene = try scene()
        let first = try start(&scene.negotiation, "PLAIN", "\0romeo\0q")
        let second = try start(&scene.negotiation, "PLAIN", "\0juliet\0q")
        #expect(first != second)
        let romeo = scene.accounts["romeo@example.com"]
        #expect(scene.negotiation.credentialsLoaded(romeo, for: first) == .ignore)
        #expect(scene.negotiation.lookUpFailed(for: first) == .ignore)
        let juliet = scene.accounts["juliet@example.com"]
        guard
            case .verifyPassword(let check, second) = scene.negotiation.credentialsLoaded(
                juliet, for: second)
        else {
            Issue.record("not to be verified")
            return
        }
        #expect(scene.negotiation.passwordVerified(true, for: first) == .ignore)
        let isRight = check.run(cache: nil, now: .now)
        #expect(
            scene.negotiation.passwordVerified(isRight, for: second) == .fail(.notAuthorized))
    }

    @Test("a second start in the middle of SCRAM forgets the first challenge")
    func secondStartSCRAM() throws {
        var scene = try scene()
        let client = SCRAMClient(hash: .sha1, password: "p")
        let old = try #require(scene.start("SCRAM-SHA-1", client.first, nonce: "old").challenge)
        let new = try #require(scene.start("SCRAM-SHA-1", client.first, nonce: "new").challenge)
        var copy = scene
        #expect(copy.respond(try client.final(old)).condition == .notAuthorized)
        #expect(scene.respond(try client.final(new)).account == "juliet@example.com")
    }

    @Test("a second start that fails also ends the first")
    func secondStartFails() throws {
        var scene = try scene()
        let client = SCRAMClient(hash: .sha1, password: "p")
        let challenge = try #require(scene.start("SCRAM-SHA-1", client.first).challenge)
        #expect(scene.start("DIGEST-MD5", nil) == .fail(.invalidMechanism))
        #expect(scene.respond(try client.final(challenge)).condition == .malformedRequest)
    }

    @Test("a response nobody asked for is malformed, and ends a look-up under way")
    func outOfTurn() throws {
        var scene = try scene()
        #expect(scene.respond(plain).condition == .malformedRequest)
        let attempt = try start(&scene.negotiation, "PLAIN", plain)
        #expect(scene.respond(plain).condition == .malformedRequest)
        let found = scene.accounts["juliet@example.com"]
        #expect(scene.negotiation.credentialsLoaded(found, for: attempt) == .ignore)
    }

    @Test("answers of the wrong kind, or given twice, are ignored")
    func wrongAnswers() throws {
        var scene = try scene()
        let attempt = try start(&scene.negotiation, "PLAIN", plain)
        #expect(scene.negotiation.passwordVerified(true, for: attempt) == .ignore)
        #expect(
            scene.negotiation.keysDerived(try keys(of: "p", .sha1), for: attempt) == .ignore)
        let found = scene.accounts["juliet@example.com"]
        _ = scene.negotiation.credentialsLoaded(found, for: attempt)
        #expect(scene.negotiation.credentialsLoaded(found, for: attempt) == .ignore)
        #expect(scene.negotiation.lookUpFailed(for: attempt) == .ignore)
        #expect(
            scene.negotiation.passwordVerified(true, for: attempt).account
                == "juliet@example.com")
        #expect(scene.negotiation.passwordVerified(true, for: attempt) == .ignore)
    }

    @Test("§6.5.11: a store that fails is a temporary failure; the next attempt may work")
    func storeFails() throws {
        var scene = try scene()
        let attempt = try start(&scene.negotiation, "PLAIN", plain)
        #expect(scene.negotiation.lookUpFailed(for: attempt) == .fail(.temporaryAuthFailure))
        #expect(scene.start("PLAIN", plain).account == "juliet@example.com")
    }

    @Test("a refused client may try again on the same stream")
    func again() throws {
        var scene = try scene()
        #expect(scene.start("PLAIN", "\0juliet\0wrong") == .fail(.notAuthorized))
        #expect(scene.start("SCRAM-SHA-1", "n") == .fail(.malformedRequest))
        let client = SCRAMClient(hash: .sha1, password: "p")
        let challenge = try #require(scene.start("SCRAM-SHA-1", client.first).challenge)
        #expect(scene.respond(try client.final(challenge)).account == "juliet@example.com")
    }

    @Test("after success nothing more succeeds")
    func afterSuccess() throws {
        var scene = try scene()
        #expect(scene.start("PLAIN", plain).account == "juliet@example.com")
        #expect(scene.start("PLAIN", "\0romeo\0q").condition == .malformedRequest)
        #expect(scene.respond(plain).condition == .malformedRequest)
        #expect(scene.negotiation.abort().condition == .aborted)
        #expect(scene.start("PLAIN", plain).condition == .malformedRequest)
    }

    @Test("§6.5.4: PLAIN before encryption asks for encryption")
    func beforeEncryption() throws {
        var scene = try LoginScene(security: .none)
        #expect(scene.start("PLAIN", plain) == .fail(.encryptionRequired))
    }

    @Test("no changed byte in a message lets anybody in, or stops the server")
    func damagedMessages() throws {
        var random = SplitMix(state: 1)
        let client = SCRAMClient(hash: .sha1, password: "p")
        let fresh = try scene()
        for round in 0..<2000 {
            var scene = fresh
            let challenge = try #require(scene.start("SCRAM-SHA-1", client.first).challenge)
            let (mechanism, message) =
                [("PLAIN", plain), ("SCRAM-SHA-1", scram), ("", try client.final(challenge))][
                    round % 3]
            var bytes = Array(message.utf8)
            let place = Int.random(in: bytes.indices, using: &random)
            switch round % 4 {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(.random(in: 0...255, using: &random), at: place)
            case 2: bytes.removeSubrange(place...)
            default: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
            let text = Base64.encode(bytes)
            let order =
                mechanism.isEmpty
                ? scene.negotiation.respond(text)
                : scene.negotiation.start(mechanism: mechanism, initialResponse: text, nonce: "n")
            switch order {
            case .succeed, .ignore, .verifyPassword, .deriveKeys, .admit:
                Issue.record("\(bytes) was answered with \(order)")
            case .challenge, .lookUp, .fail:
                break
            }
        }
    }
}

/// A generator that gives the same numbers in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
