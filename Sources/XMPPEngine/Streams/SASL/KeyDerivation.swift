/// SCRAM keys to be made off the event loop from a password that is stored as it is.
package struct KeyDerivation: Hashable, Sendable {
    let password: PreparedPassword
    /// Of the mechanism under way.
    package let hash: HashFunction
    /// The same each time for one account and hash function.
    package let salt: [UInt8]
    /// PBKDF2 rounds.
    package let iterations: Int

    /// Derives the keys: milliseconds of work.
    ///
    /// - Returns: The answer for ``SASLNegotiation/keysDerived(_:for:)``.
    package func run() -> SCRAMKeys {
        SCRAMKeys(password: password, hash: hash, salt: salt, iterations: iterations)
    }
}
