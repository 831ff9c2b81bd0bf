import Testing

@testable import XMPPEngine

@Suite("Hash functions · FIPS 180-4, RFC 2202, RFC 4231, RFC 6070")
struct HashFunctionTests {
    private func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.map { "\(digits[Int($0 / 16)])\(digits[Int($0 % 16)])" }.joined()
    }

    @Test("FIPS 180-4: digests of abc and of nothing")
    func digests() {
        #expect(
            hex(HashFunction.sha1.digest(of: Array("abc".utf8)))
                == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            hex(HashFunction.sha256.digest(of: Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex(HashFunction.sha512.digest(of: Array("abc".utf8))).hasPrefix(
                "ddaf35a193617abacc417349ae204131"))
        #expect(
            hex(HashFunction.sha1.digest(of: [])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    }

    @Test("RFC 2202 §3, RFC 4231 §4.3: HMAC under the key Jefe")
    func codes() {
        let message = Array("what do ya want for nothing?".utf8)
        let key = Array("Jefe".utf8)
        #expect(
            hex(HashFunction.sha1.authenticationCode(of: message, key: key))
                == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        #expect(
            hex(HashFunction.sha256.authenticationCode(of: message, key: key))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(HashFunction.sha512.authenticationCode(of: message, key: key)).hasPrefix(
                "164b7a7bfcf819e2e395fbe73b56e0a3"))
    }

    @Test("an empty key and an empty message are allowed, and do not repeat the last key")
    func emptyKey() {
        _ = HashFunction.sha1.authenticationCode(of: [1], key: [1, 2, 3])
        #expect(
            hex(HashFunction.sha1.authenticationCode(of: [], key: []))
                == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d")
    }

    @Test("RFC 6070 §2: PBKDF2 with 1, 2 and 4096 rounds")
    func derivedKeys() {
        func derive(_ iterations: Int) -> String {
            hex(
                HashFunction.sha1.deriveKey(
                    password: Array("password".utf8), salt: Array("salt".utf8),
                    iterations: iterations))
        }
        #expect(derive(1) == "0c60c80f961f0e71f3a9b524af6012062fe037a6")
        #expect(derive(2) == "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957")
        #expect(derive(4096) == "4b007901b765489abead49d926f721d065a429c1")
    }

    @Test("random bytes are as many as asked for, and not the same twice")
    func random() {
        #expect(SecureRandom.bytes(0) == [])
        #expect(SecureRandom.bytes(-1) == [])
        #expect(SecureRandom.bytes(32).count == 32)
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }

    @Test("constant-time comparison agrees with comparison")
    func comparison() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2]))
        #expect(!ConstantTime.areEqual([], [0]))
    }
}
