import Synchronization
import XMPPCore

/// Remembers passwords that were found right, so that logging in again with PLAIN costs little.
///
/// Keeps no password: an entry is an HMAC under a key of this process over account, stored
/// credentials and password. A changed password changes the credentials and is not found.
/// Guarded by a `Mutex`, held for a look-up. When full, the entries unused for longest go first.
package final class VerifiedPasswordCache: Sendable {
    private struct Tag: Hashable {
        let words: [4 of UInt64]

        init(_ code: [UInt8]) {
            var words = [4 of UInt64](repeating: 0)
            for (index, byte) in code.prefix(32).enumerated() {
                words[index / 8] = words[index / 8] << 8 | UInt64(byte)
            }
            self.words = words
        }

        static func == (left: Tag, right: Tag) -> Bool {
            left.words.indices.allSatisfy { left.words[$0] == right.words[$0] }
        }

        func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
    }

    /// Two generations: entries in use move to the younger one; the older one goes as a whole.
    private struct Generations {
        var young: [Tag: ContinuousClock.Instant] = [:]
        var old: [Tag: ContinuousClock.Instant] = [:]

        mutating func add(_ tag: Tag, until end: ContinuousClock.Instant, halfMax: Int) {
            if young.count >= halfMax, young[tag] == nil {
                (young, old) = ([:], young)
            }
            old[tag] = nil
            young[tag] = end
        }
    }

    private let generations = Mutex(Generations())
    private let key: [UInt8]
    private let halfMax: Int
    private let lifetime: Duration

    /// Makes an empty cache.
    ///
    /// - Parameters:
    ///   - entriesMax: Most entries kept, at least 2; each takes about 100 bytes.
    ///   - lifetime: How long a password counts as verified.
    ///   - key: 32 random bytes, of this process only.
    package init(
        entriesMax: Int, lifetime: Duration, key: [UInt8] = SecureRandom.bytes(32)
    ) {
        halfMax = max(1, entriesMax / 2)
        self.lifetime = lifetime
        self.key = key
    }

    /// How many passwords are remembered, the expired ones not yet dropped included.
    package var count: Int { generations.withLock { $0.young.count + $0.old.count } }

    /// Forgets everything.
    package func removeAll() { generations.withLock { $0 = Generations() } }

    func contains(_ check: PasswordCheck, now: ContinuousClock.Instant) -> Bool {
        let tag = tag(of: check)
        return generations.withLock { generations in
            guard let end = generations.young[tag] ?? generations.old[tag] else { return false }
            guard now < end else {
                generations.young[tag] = nil
                generations.old[tag] = nil
                return false
            }
            generations.add(tag, until: end, halfMax: halfMax)
            return true
        }
    }

    func insert(_ check: PasswordCheck, now: ContinuousClock.Instant) {
        let tag = tag(of: check)
        generations.withLock { $0.add(tag, until: now + lifetime, halfMax: halfMax) }
    }

    private func tag(of check: PasswordCheck) -> Tag {
        let parts = [check.account.text, check.credentials.encoded, check.password.text]
        let message = Array(parts.joined(separator: "\0").utf8)
        return Tag(HashFunction.sha256.authenticationCode(of: message, key: key))
    }
}
