import XMPPCore
import XMPPStorage

/// Roster items as clients see them (RFC 6121 §2.1.2).
extension RosterItem {
    /// Without what only the server knows; `nil` for a contact that clients do not see.
    var clientView: RosterItem? {
        guard isListed else { return nil }
        var view = self
        view.pendingRequest = nil
        return view
    }

    /// The `<item/>` element.
    var element: Element {
        Element(
            "item", .roster,
            attributes: [
                ("jid", contact.text), ("name", name), ("subscription", subscription.rawValue),
                ("ask", isAsking ? "subscribe" : nil), ("approved", isApproved ? "true" : nil),
            ],
            children: groups.map { Element("group", .roster, text: $0) })
    }

    /// The `<item/>` element that says a contact is gone (RFC 6121 §2.5.2).
    static func removalElement(_ contact: BareJID) -> Element {
        Element(
            "item", .roster,
            attributes: [("jid", contact.text), ("subscription", "remove")])
    }
}

/// What one roster push says.
struct RosterPush {
    let contact: BareJID
    /// `nil` when the contact is gone, or not for clients to see.
    let item: RosterItem?
    let version: RosterVersion

    init(_ contact: BareJID, _ item: RosterItem?, _ version: RosterVersion) {
        self.contact = contact
        self.item = item
        self.version = version
    }

    init(_ change: RosterChange) { self.init(change.contact, change.item, change.version) }

    /// The `<query/>` with the one item.
    func payload(isVersioned: Bool) -> Payload {
        let item = item?.element ?? RosterItem.removalElement(contact)
        let version = isVersioned ? version.description : nil
        return Payload([
            Element("query", .roster, attributes: [("ver", version)], children: [item])
        ])
    }
}
