import XMPPCore

/// The mechanisms advertised on one stream (RFC 6120 §6.4.1).
package struct MechanismOffer: Hashable, Sendable {
    /// What `<mechanisms/>` lists, strongest first; empty when nobody can log in yet.
    package let mechanisms: [SASLMechanism]
    /// What `<sasl-channel-binding/>` lists, best first; empty: leave it out (XEP-0440).
    package let channelBindings: [ChannelBindingType]
    /// Mechanisms that encrypting the stream would bring.
    private let awaitingEncryption: Set<SASLMechanism>

    /// Chooses what to advertise.
    ///
    /// - Parameters:
    ///   - policy: The host's configuration.
    ///   - security: The connection under the stream.
    ///   - host: The served domain that the stream is addressed to.
    package init(policy: SASLPolicy, security: TransportSecurity, host: BareJID) {
        func offered(_ security: TransportSecurity) -> [SASLMechanism] {
            SASLMechanism.all.filter { mechanism in
                Self.isOffered(mechanism, policy: policy, security: security, host: host)
            }
        }
        mechanisms = offered(security)
        channelBindings =
            mechanisms.contains(where: \.isBound)
            ? ChannelBindingType.allCases.filter { security.channelBindings[$0] != nil } : []
        let encrypted = TransportSecurity(
            isEncrypted: true, channelBindings: [.tlsServerEndPoint: []])
        awaitingEncryption =
            security.isEncrypted ? [] : Set(offered(encrypted)).subtracting(mechanisms)
    }

    /// Whether a client that can bind its login to the channel had a way to (RFC 5802 §6).
    package var offersChannelBinding: Bool { mechanisms.contains(where: \.isBound) }

    /// The mechanism a client has chosen by name.
    ///
    /// - Throws: `encryption-required` when the stream must be encrypted for it first, else
    ///   `invalid-mechanism` (RFC 6120 §6.5.4, §6.5.7).
    package func mechanism(named name: String) throws(SASLFailure) -> SASLMechanism {
        guard let mechanism = SASLMechanism(name: name) else {
            throw SASLFailure(.invalidMechanism)
        }
        guard !mechanisms.contains(mechanism) else { return mechanism }
        throw SASLFailure(
            awaitingEncryption.contains(mechanism) ? .encryptionRequired : .invalidMechanism)
    }

    private static func isOffered(
        _ mechanism: SASLMechanism, policy: SASLPolicy, security: TransportSecurity, host: BareJID
    ) -> Bool {
        guard !policy.disabledMechanisms.contains(mechanism),
            security.isEncrypted || !policy.requiresEncryption
        else { return false }
        switch mechanism {
        case .external:
            return security.isEncrypted
                && security.certificateAddresses.contains { $0.isAccount(on: host) }
        case .scram(let hash, let bound):
            return policy.offersPasswords && policy.passwords.hashes.contains(hash)
                && (!bound || security.isEncrypted && !security.channelBindings.isEmpty)
        case .plain:
            return (policy.offersPasswords || policy.admitsAnyName)
                && (security.isEncrypted || policy.allowsPlainUnencrypted)
        case .anonymous:
            return policy.offersAnonymous
        }
    }
}

extension BareJID {
    /// Whether this is the address of an account on `host`.
    func isAccount(on host: BareJID) -> Bool {
        !isDomain && domainpart == host.domainpart
    }
}
