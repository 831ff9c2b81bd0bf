import XMPPCore

/// A password to be checked off the event loop, for PLAIN.
package struct PasswordCheck: Hashable, Sendable {
    /// Bare address of the account, which need not exist.
    package let account: BareJID
    let password: PreparedPassword
    /// Made-up ones when there is no such account, so that the work is the same.
    package let credentials: StoredCredentials

    /// Does the check: milliseconds of work, unless the cache knows the answer.
    ///
    /// - Parameters:
    ///   - cache: Passwords found right before; `nil` for none.
    ///   - now: The time, for the cache.
    /// - Returns: The answer for ``SASLNegotiation/passwordVerified(_:for:)``.
    package func run(cache: VerifiedPasswordCache?, now: ContinuousClock.Instant) -> Bool {
        if let cache, cache.contains(self, now: now) { return true }
        guard PasswordHasher.verify(password, against: credentials) else {
            return false
        }
        cache?.insert(self, now: now)
        return true
    }
}
