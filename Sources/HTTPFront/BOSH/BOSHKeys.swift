import XMPPEngine

/// The sequence of keys that ties the requests of a session together (XEP-0124 §15).
struct BOSHKeys {
    /// Hash that the next key must have, in lower case; `nil` when the client uses no keys.
    private var expected: String?

    /// - Parameter newKey: `newkey` of the first request.
    init(newKey: String?) { expected = newKey?.lowercased() }

    var isUsed: Bool { expected != nil }

    /// Checks the next request's key.
    mutating func accept(key: String?, newKey: String?) -> Bool {
        guard let expected else { return true }
        guard let key, key.utf8.count <= 128,
            ConstantTime.areEqual(Array(Self.hash(key).utf8), Array(expected.utf8))
        else { return false }
        self.expected = (newKey ?? key).lowercased()
        return true
    }

    /// SHA-1 of the key's characters, in hexadecimal.
    static func hash(_ key: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let hash = HashFunction.sha1.digest(of: Array(key.utf8))
        let text = hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
