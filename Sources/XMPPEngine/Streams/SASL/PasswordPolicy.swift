/// How a host keeps its accounts' passwords.
package struct PasswordPolicy: Hashable, Sendable {
    /// What is stored of a password (`auth_password_format`).
    package enum Format: Hashable, Sendable {
        /// Only keys that check a password are kept.
        case scram
        /// The password itself is kept.
        case plain
    }

    /// Fewest PBKDF2 rounds accepted (RFC 5802 §5.1, RFC 7677 §4).
    package static let iterationsMin = 4096
    /// Most PBKDF2 rounds accepted: about a second of work.
    package static let iterationsMax = 1_000_000
    /// Length of the salts made here, in bytes.
    package static let saltBytes = 16

    /// What is stored of new passwords; an older one may still be in the other form.
    package let format: Format
    /// The hash functions of the SCRAM mechanisms on offer; keys are made for each.
    package let hashes: [HashFunction]
    /// PBKDF2 rounds for new keys, between ``iterationsMin`` and ``iterationsMax``.
    package let iterations: Int

    /// Makes a policy; `iterations` out of range is moved to the nearer end.
    package init(
        format: Format = .scram, hashes: [HashFunction] = HashFunction.allCases,
        iterations: Int = iterationsMin
    ) {
        self.format = format
        self.hashes = hashes
        self.iterations = min(max(iterations, Self.iterationsMin), Self.iterationsMax)
    }
}
