import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Mechanisms on offer · RFC 6120 §6.4.1, XEP-0440")
struct MechanismOfferTests {
    private func offer(
        _ security: TransportSecurity, _ change: (inout SASLPolicy) -> Void = { _ in }
    ) throws -> MechanismOffer {
        var policy = SASLPolicy()
        change(&policy)
        return MechanismOffer(
            policy: policy, security: security, host: try address("example.com"))
    }

    @Test("the default, unencrypted: SCRAM only")
    func unencrypted() throws {
        let offer = try offer(.none)
        #expect(offer.mechanisms.map(\.name) == ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"])
        #expect(offer.channelBindings == [])
    }

    @Test("the default, encrypted: strongest first, PLAIN last")
    func encrypted() throws {
        let offer = try offer(.bindable)
        #expect(
            offer.mechanisms.map(\.name) == [
                "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512",
                "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN",
            ])
        #expect(offer.channelBindings == [.tlsExporter, .tlsServerEndPoint])
    }

    @Test("behind HTTPS there is no channel to bind to")
    func noBinding() throws {
        let offer = try offer(.encrypted)
        #expect(offer.mechanisms.filter(\.isBound) == [])
        #expect(offer.channelBindings == [])
        #expect(!offer.offersChannelBinding)
    }

    @Test("without -PLUS mechanisms no channel binding is listed")
    func plusDisabled() throws {
        let offer = try offer(.bindable) { policy in
            policy.disabledMechanisms = Set(SASLMechanism.all.filter(\.isBound))
        }
        #expect(offer.channelBindings == [])
        #expect(offer.mechanisms.first == .scram(.sha512, bound: false))
    }

    @Test("only hash functions that accounts have keys for")
    func hashes() throws {
        let offer = try offer(.bindable) { $0.passwords = PasswordPolicy(hashes: [.sha1]) }
        #expect(offer.mechanisms.map(\.name) == ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN"])
    }

    @Test("§6.5.4: what encryption would bring asks for encryption; the unknown is invalid")
    func refusals() throws {
        let offer = try offer(.none)
        #expect(throws: SASLFailure(.encryptionRequired)) { try offer.mechanism(named: "PLAIN") }
        #expect(throws: SASLFailure(.encryptionRequired)) {
            try offer.mechanism(named: "SCRAM-SHA-1-PLUS")
        }
        for name in ["EXTERNAL", "ANONYMOUS", "DIGEST-MD5", "", "plain", "SCRAM-SHA-256 "] {
            #expect(throws: SASLFailure(.invalidMechanism)) { try offer.mechanism(named: name) }
        }
        #expect(try offer.mechanism(named: "SCRAM-SHA-1") == .scram(.sha1, bound: false))
    }

    @Test("a host that requires encryption offers nothing before it")
    func requiresEncryption() throws {
        let offer = try offer(.none) { $0.requiresEncryption = true }
        #expect(offer.mechanisms == [])
        #expect(throws: SASLFailure(.encryptionRequired)) {
            try offer.mechanism(named: "SCRAM-SHA-1")
        }
    }

    @Test("PLAIN without encryption only where the configuration says so")
    func plainUnencrypted() throws {
        let offer = try offer(.none) { $0.allowsPlainUnencrypted = true }
        #expect(offer.mechanisms.last == .plain)
    }

    @Test("a disabled mechanism is invalid, encrypted or not")
    func disabled() throws {
        for security in [TransportSecurity.none, .encrypted] {
            let offer = try offer(security) { $0.disabledMechanisms = [.plain] }
            #expect(throws: SASLFailure(.invalidMechanism)) { try offer.mechanism(named: "PLAIN") }
        }
    }

    @Test("XEP-0175: an anonymous host offers ANONYMOUS only")
    func anonymous() throws {
        let offer = try offer(.bindable) { policy in
            policy.offersAnonymous = true
            policy.offersPasswords = false
        }
        #expect(offer.mechanisms == [.anonymous])
        #expect(offer.channelBindings == [])
    }

    @Test("XEP-0178: EXTERNAL comes first, for certificates of accounts on this host")
    func external() throws {
        func names(_ text: String) throws -> [SASLMechanism] {
            try offer(
                TransportSecurity(isEncrypted: true, certificateAddresses: [address(text)])
            ).mechanisms
        }
        #expect(try names("juliet@example.com").first == .external)
        #expect(try !names("juliet@example.net").contains(.external))
        #expect(try !names("example.com").contains(.external))
    }

    @Test("every mechanism is found by its name")
    func names() {
        #expect(SASLMechanism.all.count == 9)
        for mechanism in SASLMechanism.all {
            #expect(SASLMechanism(name: mechanism.name) == mechanism)
        }
    }

    @Test("RFC 6120 §6.5: the eleven conditions")
    func conditions() {
        #expect(SASLFailure.Condition.allCases.count == 11)
        #expect(SASLFailure.Condition(rawValue: "temporary-auth-failure") != nil)
    }
}
