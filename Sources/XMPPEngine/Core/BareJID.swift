/// An address without a resourcepart: an account (`juliet@example.com`) or a domain
/// (`example.com`).
///
/// Always prepared: two values that compare equal name the same entity (RFC 7622 §3).
package struct BareJID: Hashable, Sendable, CustomStringConvertible {
    /// The whole address in its prepared form.
    package let text: String
    /// The served or remote domain, prepared.
    package let domainpart: String
    /// Length of the localpart in bytes of UTF-8; 0 when the address is a bare domain.
    private let localLength: Int32

    /// The localpart, or `nil` for a bare domain.
    package var localpart: String? {
        guard localLength > 0 else { return nil }
        return String(Substring(text.utf8.prefix(Int(localLength))))
    }

    /// Whether the address is a bare domain: a server or one of its services.
    package var isDomain: Bool { localLength == 0 }

    package var description: String { text }

    /// Joins parts that are prepared already.
    init(preparedLocalpart local: String?, preparedDomainpart domain: String) {
        domainpart = domain
        if let local, !local.isEmpty {
            text = local + "@" + domain
            localLength = Int32(truncatingIfNeeded: local.utf8.count)
        } else {
            text = domain
            localLength = 0
        }
    }

    /// Prepares a localpart and a domainpart (RFC 7622 §3.2–3.3); `nil` when either is not allowed.
    package init?(localpart: String?, domainpart: String) {
        guard let domain = AddressPreparation.domainpart(domainpart) else { return nil }
        guard let localpart else {
            self.init(preparedLocalpart: nil, preparedDomainpart: domain)
            return
        }
        guard let local = AddressPreparation.localpart(localpart) else { return nil }
        self.init(preparedLocalpart: local, preparedDomainpart: domain)
    }

    /// Reads and prepares an address that must not have a resourcepart.
    package init?(_ text: String) {
        guard let jid = JID(text), jid.resourcepart == nil else { return nil }
        self = jid.bare
    }

    /// The bare address of this one's domain: itself when it is a domain.
    package var domain: BareJID {
        isDomain ? self : BareJID(preparedLocalpart: nil, preparedDomainpart: domainpart)
    }

    package static func == (left: BareJID, right: BareJID) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
