/// A SASL mechanism that the server can speak (RFC 6120 §6, §13.8).
package enum SASLMechanism: Hashable, Sendable {
    /// The client's certificate vouches for it (RFC 4422 appendix A, XEP-0178).
    case external
    /// RFC 5802 and RFC 7677; `bound` is the -PLUS form, tied to the TLS connection.
    case scram(HashFunction, bound: Bool)
    /// The password itself (RFC 4616).
    case plain
    /// No account: the server makes up a localpart (RFC 4505, XEP-0175).
    case anonymous

    /// Every mechanism, strongest first: the order in which they are advertised.
    package static let all: [SASLMechanism] =
        [.external]
        + [true, false].flatMap { bound in
            [HashFunction.sha512, .sha256, .sha1].map { .scram($0, bound: bound) }
        } + [.plain, .anonymous]

    /// Reads a registered name, in upper case as RFC 4422 §3.1 has it; `nil` when unknown.
    package init?(name: String) {
        guard let match = Self.all.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// The name registered with IANA.
    package var name: String {
        switch self {
        case .external: "EXTERNAL"
        case .scram(let hash, let bound): Self.scramName(of: hash) + (bound ? "-PLUS" : "")
        case .plain: "PLAIN"
        case .anonymous: "ANONYMOUS"
        }
    }

    /// Whether it ties the login to the TLS connection.
    package var isBound: Bool {
        switch self {
        case .scram(_, let bound): bound
        case .external, .plain, .anonymous: false
        }
    }

    /// The name of the SCRAM mechanism without channel binding that uses `hash`.
    static func scramName(of hash: HashFunction) -> String {
        switch hash {
        case .sha1: "SCRAM-SHA-1"
        case .sha256: "SCRAM-SHA-256"
        case .sha512: "SCRAM-SHA-512"
        }
    }
}
