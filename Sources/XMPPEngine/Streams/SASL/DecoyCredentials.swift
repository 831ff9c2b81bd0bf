import XMPPCore

/// Makes up credentials for accounts that do not exist (RFC 5802 §9).
///
/// The same account always gets the same ones, so that asking twice tells a stranger nothing.
package struct DecoyCredentials: Sendable {
    private let secret: [UInt8]

    /// Takes 32 or more random bytes that stay the same when the server restarts.
    package init(secret: [UInt8]) {
        self.secret = secret
    }

    /// Credentials in the form that an account of this host would have.
    func credentials(of account: BareJID, policy: PasswordPolicy) -> StoredCredentials {
        switch policy.format {
        case .plain:
            .plain(password(of: account))
        case .scram:
            .scram(
                policy.hashes.map { keys(of: account, hash: $0, iterations: policy.iterations) })
        }
    }

    /// Keys that no known password matches.
    func keys(of account: BareJID, hash: HashFunction, iterations: Int) -> SCRAMKeys {
        let keys = SCRAMKeys(
            hash: hash, salt: salt(of: account, hash: hash), iterations: iterations,
            storedKey: derive(hash.digestBytes, "stored key", account, hash),
            serverKey: derive(hash.digestBytes, "server key", account, hash))
        guard let keys else { preconditionFailure("a password policy out of its range") }
        return keys
    }

    /// The salt of an account that has none stored, existing or not.
    func salt(of account: BareJID, hash: HashFunction) -> [UInt8] {
        derive(PasswordPolicy.saltBytes, "salt", account, hash)
    }

    private func password(of account: BareJID) -> PreparedPassword {
        let text = Base64.encode(derive(16, "password", account, .sha256))
        guard let password = PreparedPassword(text) else {
            preconditionFailure("SASLprep refuses base 64")
        }
        return password
    }

    private func derive(
        _ count: Int, _ purpose: String, _ account: BareJID, _ hash: HashFunction
    ) -> [UInt8] {
        let label = [purpose, SASLMechanism.scramName(of: hash), account.text]
        let message = Array(label.joined(separator: "\0").utf8)
        return Array(HashFunction.sha512.authenticationCode(of: message, key: secret).prefix(count))
    }
}
