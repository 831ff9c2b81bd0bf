/// What a server keeps to check one account's SCRAM logins with one hash function (RFC 5802 §3).
package struct SCRAMKeys: Hashable, Sendable, CustomStringConvertible {
    private static let saltBytesMax = 64

    /// The hash function of the mechanisms these keys serve.
    package let hash: HashFunction
    /// 1 to 64 random bytes.
    package let salt: [UInt8]
    /// PBKDF2 rounds.
    package let iterations: Int
    /// Checks the client.
    package let storedKey: [UInt8]
    /// Proves the server to the client.
    package let serverKey: [UInt8]

    /// Takes keys made before; `nil` when a length or the number of rounds is out of range.
    package init?(
        hash: HashFunction, salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]
    ) {
        let rounds = PasswordPolicy.iterationsMin...PasswordPolicy.iterationsMax
        guard !salt.isEmpty, salt.count <= Self.saltBytesMax, rounds.contains(iterations),
            storedKey.count == hash.digestBytes, serverKey.count == hash.digestBytes
        else { return nil }
        self.hash = hash
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// Derives the keys of a password; milliseconds of work, not for an event loop.
    init(password: PreparedPassword, hash: HashFunction, salt: [UInt8], iterations: Int) {
        let salted = hash.deriveKey(
            password: password.bytes, salt: salt, iterations: iterations)
        let clientKey = hash.authenticationCode(of: Array("Client Key".utf8), key: salted)
        self.hash = hash
        self.salt = salt
        self.iterations = iterations
        storedKey = hash.digest(of: clientKey)
        serverKey = hash.authenticationCode(of: Array("Server Key".utf8), key: salted)
    }

    /// The hash function only: keys do not belong into a log.
    package var description: String { SASLMechanism.scramName(of: hash) + " keys" }

    /// Whether a password is the one these keys were made of; as slow as making them.
    func match(_ password: PreparedPassword) -> Bool {
        let candidate = SCRAMKeys(
            password: password, hash: hash, salt: salt, iterations: iterations)
        return ConstantTime.areEqual(candidate.storedKey, storedKey)
    }
}

extension SCRAMKeys {
    /// The textual form of RFC 5803: `SCRAM-SHA-1$4096:salt$StoredKey:ServerKey` in base 64.
    var encoded: String {
        SASLMechanism.scramName(of: hash) + "$\(iterations):" + Base64.encode(salt)
            + "$" + Base64.encode(storedKey) + ":" + Base64.encode(serverKey)
    }

    init?(encoded text: some StringProtocol) {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 3,
            let hash = HashFunction.allCases.first(where: {
                SASLMechanism.scramName(of: $0) == fields[0]
            })
        else { return nil }
        let info = fields[1].split(separator: ":", omittingEmptySubsequences: false)
        let keys = fields[2].split(separator: ":", omittingEmptySubsequences: false)
        guard info.count == 2, keys.count == 2,
            info[0].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let iterations = Int(info[0]), let salt = Base64.decode(info[1].utf8),
            let storedKey = Base64.decode(keys[0].utf8),
            let serverKey = Base64.decode(keys[1].utf8)
        else { return nil }
        self.init(
            hash: hash, salt: salt, iterations: iterations, storedKey: storedKey,
            serverKey: serverKey)
    }
}
