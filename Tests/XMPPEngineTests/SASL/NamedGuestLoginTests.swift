import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Guests under names of their choice · anonymous_protocol: login_anon")
struct NamedGuestLoginTests {
    private static func policy(usesAccounts: Bool) -> SASLPolicy {
        var policy = SASLPolicy()
        policy.offersPasswords = usesAccounts
        policy.admitsAnyName = true
        return policy
    }

    private func scene(usesAccounts: Bool = false) throws -> LoginScene {
        try LoginScene(
            policy: Self.policy(usesAccounts: usesAccounts),
            accounts: ["romeo@example.com": try credentials(of: "right")])
    }

    @Test("Whoever has no account gets the name with any password", arguments: [true, false])
    func admitted(usesAccounts: Bool) throws {
        var scene = try scene(usesAccounts: usesAccounts)
        let order = scene.start("PLAIN", "\0whoever\0whatever")
        let identity = SASLIdentity(
            account: try address("whoever@example.com"), isAnonymous: true)
        #expect(order == .succeed(identity, additionalData: nil))
        #expect(scene.work == ["look up", "admit"])
    }

    @Test("The name of an account is not for guests, whatever its password")
    func account() throws {
        for password in ["wrong", "right"] {
            var scene = try scene()
            #expect(scene.start("PLAIN", "\0romeo\0\(password)") == .fail(.notAuthorized))
            #expect(!scene.work.contains("admit"))
        }
    }

    @Test("Where accounts log in, too, the owner of one does so with its password only")
    func owner() throws {
        var scene = try scene(usesAccounts: true)
        #expect(scene.start("PLAIN", "\0romeo\0wrong") == .fail(.notAuthorized))
        let identity = SASLIdentity(account: try address("romeo@example.com"), isAnonymous: false)
        #expect(
            scene.start("PLAIN", "\0romeo\0right") == .succeed(identity, additionalData: nil))
    }

    @Test("A disabled account's name is not for guests either")
    func disabled() throws {
        var scene = try scene(usesAccounts: true)
        scene.disabled = ["romeo@example.com"]
        #expect(scene.start("PLAIN", "\0romeo\0wrong") == .fail(.notAuthorized))
        #expect(scene.start("PLAIN", "\0romeo\0right") == .fail(.accountDisabled))
    }

    @Test("A name that another guest has is taken")
    func taken() throws {
        var scene = try scene()
        scene.taken = ["whoever@example.com"]
        #expect(scene.start("PLAIN", "\0whoever\0whatever") == .fail(.notAuthorized))
    }

    @Test("A store that cannot say lets nobody in")
    func failingStore() throws {
        var negotiation = try scene().negotiation
        let response = Base64.encode("\0whoever\0whatever".utf8)
        guard
            case .lookUp(_, _, let attempt) = negotiation.start(
                mechanism: "PLAIN", initialResponse: response, nonce: "n"),
            case .admit(let name, _) = negotiation.credentialsLoaded(nil, for: attempt)
        else {
            Issue.record("the name was not to be reserved")
            return
        }
        #expect(name.text == "whoever@example.com")
        #expect(negotiation.lookUpFailed(for: attempt) == .fail(.temporaryAuthFailure))
        #expect(negotiation.guestAdmitted(true, for: attempt) == .ignore)
    }

    @Test("An answer for an attempt that is over counts for nothing")
    func late() throws {
        var negotiation = try scene().negotiation
        let response = Base64.encode("\0whoever\0whatever".utf8)
        guard
            case .lookUp(_, _, let attempt) = negotiation.start(
                mechanism: "PLAIN", initialResponse: response, nonce: "n"),
            case .admit = negotiation.credentialsLoaded(nil, for: attempt)
        else {
            Issue.record("the name was not to be reserved")
            return
        }
        _ = negotiation.abort()
        #expect(negotiation.guestAdmitted(true, for: attempt) == .ignore)
    }

    @Test("What is no name of an account is none of a guest", arguments: ["", "a@b", "a b", "a/b"])
    func unusable(name: String) throws {
        var scene = try scene()
        #expect(scene.start("PLAIN", "\0\(name)\0whatever").condition != nil)
        #expect(!scene.work.contains("admit"))
    }

    @Test("Only PLAIN is offered for it, and only where passwords may be sent")
    func offer() throws {
        let host = try address("example.com")
        func names(_ security: TransportSecurity, _ policy: SASLPolicy) -> [String] {
            MechanismOffer(policy: policy, security: security, host: host).mechanisms.map(\.name)
        }
        var policy = Self.policy(usesAccounts: false)
        #expect(names(.encrypted, policy) == ["PLAIN"])
        #expect(names(.none, policy) == [])
        policy.offersAnonymous = true
        #expect(names(.encrypted, policy) == ["PLAIN", "ANONYMOUS"])
        policy.disabledMechanisms = [.plain]
        #expect(names(.encrypted, policy) == ["ANONYMOUS"])
    }

    @Test("With SCRAM a name without an account stays unknown")
    func scram() throws {
        var scene = try scene(usesAccounts: true)
        let first = scene.start("SCRAM-SHA-1", "n,,n=whoever,r=abc")
        #expect(first.challenge != nil)
        let proof = Base64.encode([UInt8](repeating: 0, count: 20))
        #expect(
            scene.respond("c=biws,r=abcservernonce,p=\(proof)") == .fail(.notAuthorized))
    }

    @Test("Without it an unknown name is refused as ever")
    func off() throws {
        var scene = try LoginScene()
        #expect(scene.start("PLAIN", "\0whoever\0whatever") == .fail(.notAuthorized))
        #expect(!scene.work.contains("admit"))
    }
}
