/// Makes stored credentials and checks passwords against them.
///
/// Both take milliseconds by design: call them on a pool, never on an event loop.
package enum PasswordHasher {
    /// Makes the credentials of a new or changed password.
    ///
    /// - Parameters:
    ///   - password: Of the account.
    ///   - policy: Format, hash functions and rounds.
    ///   - random: Gives as many random bytes as asked for, for the salts.
    /// - Returns: What to store.
    package static func derive(
        _ password: PreparedPassword, policy: PasswordPolicy,
        random: (_ count: Int) -> [UInt8] = SecureRandom.bytes
    ) -> StoredCredentials {
        switch policy.format {
        case .plain:
            .plain(password)
        case .scram:
            .scram(
                policy.hashes.map { hash in
                    SCRAMKeys(
                        password: password, hash: hash, salt: random(PasswordPolicy.saltBytes),
                        iterations: policy.iterations)
                })
        }
    }

    /// Whether a password belongs to the credentials.
    ///
    /// Any one set of keys decides, so the one that costs least is asked: finding another
    /// password for it needs a preimage, which none of the three hash functions gives.
    package static func verify(
        _ password: PreparedPassword, against credentials: StoredCredentials
    ) -> Bool {
        switch credentials {
        case .plain(let stored):
            // Digests, so that not even the length of the password shows in the time it takes.
            return ConstantTime.areEqual(
                HashFunction.sha256.digest(of: stored.bytes),
                HashFunction.sha256.digest(of: password.bytes))
        case .scram(let sets):
            guard let cheapest = sets.min(by: { cost(of: $0) < cost(of: $1) }) else {
                return false
            }
            return cheapest.match(password)
        }
    }

    /// The work in PBKDF2 with a set of keys, relative to other sets.
    private static func cost(of keys: SCRAMKeys) -> Int {
        switch keys.hash {
        case .sha1: keys.iterations * 2
        case .sha256: keys.iterations * 3
        case .sha512: keys.iterations * 4
        }
    }
}
