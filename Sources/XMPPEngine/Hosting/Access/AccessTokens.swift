import XMPPConfig
import XMPPCore
import XMPPStorage

/// The tokens that open the HTTP API: made here, found again by a digest of their text.
///
/// The text is shown once, when it is made; nothing that is stored leads back to it.
package struct AccessTokens: Sendable {
    /// A token and the text that its holder shows.
    package struct Issued: Sendable {
        package let text: String
        package let token: StoredToken
    }

    /// Most tokens of one account.
    package static let ownedMax = 1000
    /// Longest life of a token: ten years.
    package static let lifetimeMax = Duration.seconds(315_360_000)

    private static let prefix = "mt_"
    private static let secretBytes = 32

    package let store: any TokenStore
    private let now: @Sendable () -> Timestamp
    private let random: @Sendable (Int) -> [UInt8]

    /// - Parameters:
    ///   - store: Where tokens are kept.
    ///   - now: The clock.
    ///   - random: Gives as many random bytes as asked for.
    package init(
        store: any TokenStore, now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        random: @escaping @Sendable (Int) -> [UInt8] = SecureRandom.bytes
    ) {
        self.store = store
        self.now = now
        self.random = random
    }

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - account: Whose; the token can never do more than its owner may.
    ///   - lifetime: Until it expires; at most `lifetimeMax`.
    ///   - scope: What it is for.
    /// - Returns: The token; `nil` when the account has its most.
    /// - Throws: What the store throws.
    package func issue(
        for account: BareJID, lifetime: Duration, scope: CommandSelection
    ) async throws(StorageError) -> Issued? {
        let moment = now()
        _ = try await store.removeExpired(at: moment)
        let text = Self.prefix + Self.urlSafe(random(Self.secretBytes))
        let token = StoredToken(
            id: Self.hexadecimal(random(8)), owner: account, scopes: scope.words,
            createdAt: moment,
            expiresAt: moment.advanced(by: min(lifetime, Self.lifetimeMax)))
        let isKept = try await store.add(
            token, digest: Self.digest(of: text), ownedMax: Self.ownedMax)
        return isKept ? Issued(text: text, token: token) : nil
    }

    /// The token with this text, if it is one and has not expired.
    package func token(_ text: String) async throws(StorageError) -> StoredToken? {
        guard text.hasPrefix(Self.prefix), text.utf8.count <= 100,
            let token = try await store.token(digest: Self.digest(of: text)),
            token.expiresAt > now()
        else { return nil }
        return token
    }

    /// Seconds that a token still has.
    package func secondsLeft(_ token: StoredToken) -> Int {
        Int(max(0, token.expiresAt.milliseconds - now().milliseconds) / 1000)
    }

    /// The texts have 256 random bits: no salt and no stretching would make guessing harder.
    private static func digest(of text: String) -> [UInt8] {
        HashFunction.sha256.digest(of: Array(text.utf8))
    }

    /// Base 64 as it may stand anywhere, without padding (RFC 4648 §5).
    private static func urlSafe(_ bytes: [UInt8]) -> String {
        String(
            Base64.encode(bytes).compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
