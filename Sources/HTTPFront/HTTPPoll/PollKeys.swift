import XMPPEngine

/// The sequence of keys that ties the requests of a polling session together (XEP-0025 §3, §4).
struct PollKeys {
    /// The last request's key, which the next one's hash must equal; `nil` for a client that began
    /// without keys.
    private var former: String?

    /// - Parameter first: The key of the request that made the session; its new key counts for
    ///   nothing.
    init(first: String?) { former = first }

    /// Checks the next request's key; a wrong one changes nothing.
    mutating func accept(key: String?, newKey: String?) -> Bool {
        guard let former else { return true }
        guard let key, ConstantTime.areEqual(Array(Self.hash(key).utf8), Array(former.utf8)) else {
            return false
        }
        self.former = newKey ?? key
        return true
    }

    /// `K(1, key)`: SHA-1 of the key's characters, in base 64.
    static func hash(_ key: String) -> String {
        Base64.encode(HashFunction.sha1.digest(of: Array(key.utf8)))
    }
}
