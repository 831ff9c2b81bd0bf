/// What an account store keeps to check an account's logins.
package enum StoredCredentials: Hashable, Sendable {
    /// The password itself.
    case plain(PreparedPassword)
    /// SCRAM keys, at most one set for each hash function.
    case scram([SCRAMKeys])

    private static let plainPrefix = "PLAIN$"

    /// The text that a store keeps, one line of UTF-8.
    ///
    /// Sets of SCRAM keys as RFC 5803 writes them, separated by a space; `PLAIN$` and the password.
    package var encoded: String {
        switch self {
        case .plain(let password): Self.plainPrefix + password.text
        case .scram(let sets): sets.map(\.encoded).joined(separator: " ")
        }
    }

    /// Reads what ``encoded`` wrote; `nil` when the text is broken.
    package init?(encoded text: String) {
        guard !text.utf8.starts(with: Self.plainPrefix.utf8) else {
            let password = text.utf8.dropFirst(Self.plainPrefix.utf8.count)
            guard let password = PreparedPassword(String(decoding: password, as: UTF8.self)) else {
                return nil
            }
            self = .plain(password)
            return
        }
        var sets: [SCRAMKeys] = []
        for part in text.split(separator: " ", omittingEmptySubsequences: false) {
            guard let keys = SCRAMKeys(encoded: part),
                !sets.contains(where: { $0.hash == keys.hash })
            else { return nil }
            sets.append(keys)
        }
        self = .scram(sets)
    }
}
