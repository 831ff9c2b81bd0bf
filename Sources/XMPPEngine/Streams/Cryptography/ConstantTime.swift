import COpenSSL

/// Comparison of secrets without telling by its duration where they differ.
package enum ConstantTime {
    /// Whether both hold the same bytes; only their lengths may show in the time it takes.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return CRYPTO_memcmp(left, right, left.count) == 0
    }
}
