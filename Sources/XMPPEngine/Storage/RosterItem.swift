import XMPPCore

/// A contact in a roster with the whole subscription state (RFC 6121 §2.1.2, appendix A.2).
package struct RosterItem: Equatable, Sendable {
    /// Whom the item is about; one item a contact.
    package let contact: BareJID
    /// The handle its owner chose; `nil` and empty differ.
    package var name: String?
    /// In the order the client sent them; none may be empty or hold U+001F.
    package var groups: [String]
    /// Who sees whose presence.
    package var subscription: RosterSubscription
    /// Whether the owner's own request waits for an answer: `ask='subscribe'` (§2.1.2.2).
    package var isAsking: Bool
    /// The contact's `subscribe` stanza that waits for the owner's answer (§3.1.3).
    package var pendingRequest: [UInt8]?
    /// Whether the owner approved a request in advance (§3.4).
    package var isApproved: Bool
    /// Whether clients see the item; `false` for a contact known only by its pending request.
    package var isListed: Bool

    /// Makes an item; without more than a contact, one that was just added.
    package init(
        contact: BareJID, name: String? = nil, groups: [String] = [],
        subscription: RosterSubscription = .none, isAsking: Bool = false,
        pendingRequest: [UInt8]? = nil, isApproved: Bool = false, isListed: Bool = true
    ) {
        self.contact = contact
        self.name = name
        self.groups = groups
        self.subscription = subscription
        self.isAsking = isAsking
        self.pendingRequest = pendingRequest
        self.isApproved = isApproved
        self.isListed = isListed
    }

    /// Bytes of all that makes an item long for clients.
    var textBytes: Int {
        contact.text.utf8.count + (name?.utf8.count ?? 0)
            + groups.reduce(0) { $0 + $1.utf8.count + 1 }
    }
}

/// Who sees whose presence (RFC 6121 §2.1.2.5).
package enum RosterSubscription: String, Sendable {
    case none
    case to
    case from
    case both
}

/// How far a roster has changed; greater is later (RFC 6121 §2.6).
///
/// A roster that never had an item has version 0. Versions of a removed roster are not used again.
package struct RosterVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 for a roster that never had an item.
    package let number: Int64

    /// Makes a version from its number.
    package init(number: Int64) { self.number = number }

    /// Reads the `ver` attribute; `nil` when it is not one of ours, which asks for everything.
    package init?(_ text: String) {
        guard let number = Int64(text), number >= 0 else { return nil }
        self.number = number
    }

    /// The `ver` attribute.
    package var description: String { String(number) }

    /// Orders from older to newer.
    package static func < (left: RosterVersion, right: RosterVersion) -> Bool {
        left.number < right.number
    }
}
