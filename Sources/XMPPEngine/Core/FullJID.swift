/// An address with a resourcepart: one connected resource of an account (RFC 7622 §3.4).
package struct FullJID: Hashable, Sendable, CustomStringConvertible {
    package let bare: BareJID
    /// The resourcepart, prepared; never empty.
    package let resourcepart: String

    package var description: String { bare.text + "/" + resourcepart }

    init(bare: BareJID, preparedResourcepart resource: String) {
        self.bare = bare
        resourcepart = resource
    }

    /// Prepares the resourcepart; `nil` when it is empty, too long or has forbidden characters.
    package init?(bare: BareJID, resourcepart: String) {
        guard let resource = AddressPreparation.resourcepart(resourcepart) else { return nil }
        self.init(bare: bare, preparedResourcepart: resource)
    }

    /// Reads and prepares an address that must have a resourcepart.
    package init?(_ text: String) {
        guard let jid = JID(text), let full = jid.full else { return nil }
        self = full
    }
}
