import XMPPCore

/// One criterion of an ACL: a property of an address or of where it connects from.
package enum ACLMatch: Sendable, Equatable {
    case ip(IPNetwork)
    /// A localpart; without a domain on any served host.
    case user(String, domain: String?)
    /// A pattern for the localpart; without a domain on any served host.
    case userPattern(TextPattern, domain: String?)
    case server(String)
    case serverPattern(TextPattern)
    case resource(String)
    case resourcePattern(TextPattern)
    /// Patterns for the localpart and the domain.
    case nodePattern(TextPattern, domain: TextPattern)

    /// Whether the subject meets the criterion; never, when it lacks what is asked for.
    func matches(_ subject: AccessSubject, servedHosts: Set<String>) -> Bool {
        if case .ip(let network) = self {
            return subject.ip.map { network.contains($0) } ?? false
        }
        guard let jid = subject.jid else { return false }
        let domain = jid.bare.domainpart
        switch self {
        case .ip: return false
        case .user(let user, let wanted):
            return jid.bare.localpart == user
                && (wanted.map { $0 == domain } ?? servedHosts.contains(domain))
        case .userPattern(let pattern, let wanted):
            return (wanted.map { $0 == domain } ?? servedHosts.contains(domain))
                && pattern.matches(jid.bare.localpart ?? "")
        case .server(let wanted): return domain == wanted
        case .serverPattern(let pattern): return pattern.matches(domain)
        case .resource(let wanted): return jid.resourcepart == wanted
        case .resourcePattern(let pattern):
            return jid.resourcepart.map { pattern.matches($0) } ?? false
        case .nodePattern(let user, let server):
            return server.matches(domain) && user.matches(jid.bare.localpart ?? "")
        }
    }
}

/// A regular expression or a glob.
package enum TextPattern: Sendable, Equatable {
    case regularExpression(RegularExpression)
    case glob(Glob)

    func matches(_ text: String) -> Bool {
        switch self {
        case .regularExpression(let expression): expression.matches(text)
        case .glob(let glob): glob.matches(text)
        }
    }

    /// The pattern as it was written.
    package var text: String {
        switch self {
        case .regularExpression(let expression): expression.text
        case .glob(let glob): glob.text
        }
    }
}
