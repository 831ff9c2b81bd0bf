import XMPPCore
import XMPPStorage

/// The parts of a roster that presence needs.
package struct Contacts: Sendable {
    struct Relation: OptionSet, Sendable {
        let rawValue: UInt8

        /// The account sees the contact's presence (`to`, `both`).
        static let to = Relation(rawValue: 1)
        /// The contact sees the account's presence (`from`, `both`).
        static let from = Relation(rawValue: 2)
        /// The contact's request waits for an answer.
        static let request = Relation(rawValue: 4)
    }

    /// The version of the roster that this is of.
    private(set) var version: RosterVersion
    /// Contacts that mean nothing to presence are not in it.
    private(set) var relations: [BareJID: Relation] = [:]
    private var requests = 0

    init(_ roster: Roster) {
        version = roster.version
        for item in roster.items { set(Relation(item), of: item.contact) }
    }

    /// Whether requests wait for an answer.
    var hasRequests: Bool { requests > 0 }

    func contains(_ relation: Relation, of contact: BareJID) -> Bool {
        relations[contact]?.contains(relation) ?? false
    }

    /// Follows an edit of the roster; `item` is `nil` when it was removed.
    mutating func apply(_ item: RosterItem?, of contact: BareJID, version: RosterVersion) {
        self.version = max(self.version, version)
        set(item.map { Relation($0) } ?? [], of: contact)
    }

    private mutating func set(_ relation: Relation, of contact: BareJID) {
        if contains(.request, of: contact) { requests -= 1 }
        relations[contact] = relation.isEmpty ? nil : relation
        if relation.contains(.request) { requests += 1 }
    }
}

extension Contacts.Relation {
    init(_ item: RosterItem) {
        self = []
        let state = SubscriptionState(item)
        if state.toContact == .subscribed { insert(.to) }
        if state.fromContact == .subscribed { insert(.from) }
        if state.fromContact == .pending { insert(.request) }
    }
}
