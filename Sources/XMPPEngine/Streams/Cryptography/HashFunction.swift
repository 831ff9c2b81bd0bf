import COpenSSL

/// A hash function that SCRAM and the caches are built on.
package enum HashFunction: CaseIterable, Hashable, Sendable {
    case sha1
    case sha256
    case sha512

    /// Length of a digest in bytes.
    package var digestBytes: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// The digest of `message`.
    package func digest(of message: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: digestBytes)
        let code = EVP_Digest(message, message.count, &output, nil, algorithm, nil)
        guard code == 1 else { preconditionFailure("libcrypto has lost a hash function") }
        return output
    }

    /// The HMAC of `message` under `key` (RFC 2104).
    package func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: digestBytes)
        // HMAC() takes a null key as "the key of last time": an empty array must not become one.
        let key = key.isEmpty ? [0] : key
        let code = HMAC(
            algorithm, key, Int32(clamping: key.count), message, message.count, &output, nil)
        guard code != nil else { preconditionFailure("libcrypto has lost a hash function") }
        return output
    }

    /// Stretches a password into one digest's length of key (PBKDF2, RFC 8018 §5.2).
    ///
    /// Takes milliseconds by design: never call it on an event loop.
    package func deriveKey(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: digestBytes)
        let code = password.withUnsafeBytes { secret in
            PKCS5_PBKDF2_HMAC(
                secret.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(clamping: secret.count), salt, Int32(clamping: salt.count),
                Int32(clamping: max(1, iterations)), algorithm, Int32(digestBytes), &output)
        }
        guard code == 1 else { preconditionFailure("libcrypto has lost a hash function") }
        return output
    }

    private var algorithm: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha512: EVP_sha512()
        }
    }
}
