/// Failed logins of one client, so that an owner who gets in leaves none behind.
///
/// A success forgives the failures for its own account only: an account of one's own is no way
/// to guess at others for ever.
struct FailureTally: Sendable {
    private static let accountsMax = 32
    private static let countMax = 1_000_000

    private(set) var count = 0
    /// Digests of the accounts tried last, one for each failure.
    private var accounts: [Int] = []

    mutating func add(_ account: String?) {
        count = min(count + 1, Self.countMax)
        guard let account else { return }
        if accounts.count >= Self.accountsMax { accounts.removeFirst() }
        accounts.append(account.hashValue)
    }

    mutating func forgive(_ account: String?) {
        guard let digest = account?.hashValue else { return }
        let before = accounts.count
        accounts.removeAll { $0 == digest }
        count = max(0, count - (before - accounts.count))
    }
}
