import COpenSSL

/// Random bytes fit for keys, salts and nonces.
package enum SecureRandom {
    /// Draws from libcrypto's generator, which seeds itself from the kernel.
    package static func bytes(_ count: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: max(0, count))
        // A server without random bytes must stop: what it would hand out could be guessed.
        guard RAND_bytes(&output, Int32(clamping: output.count)) == 1 else {
            preconditionFailure("the kernel gives no random bytes")
        }
        return output
    }
}

extension SecureRandom {
    /// 144 random bits in base 64: a nonce, a stream identifier, a session key.
    package static func token() -> String { Base64.encode(bytes(18)) }
}
