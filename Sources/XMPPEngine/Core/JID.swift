/// Any XMPP address, with or without a resourcepart (RFC 7622 §3.1).
package struct JID: Hashable, Sendable, CustomStringConvertible {
    package let bare: BareJID
    /// The resourcepart, prepared; `nil` for a bare address, never empty.
    package let resourcepart: String?

    package init(_ bare: BareJID) {
        self.bare = bare
        resourcepart = nil
    }

    package init(_ full: FullJID) {
        bare = full.bare
        resourcepart = full.resourcepart
    }

    /// Reads and prepares an address; `nil` when a part is empty, too long or has forbidden
    /// characters.
    package init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { JID(utf8: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Reads an address from UTF-8: everything after the first `/` is the resourcepart,
    /// everything before the first `@` in the rest is the localpart (RFC 7622 §3.1).
    package init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= 3 * AddressPreparation.partBytesMax + 2 else {
            return nil
        }
        let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
        let head = bytes[..<slash]
        let at = head.firstIndex(of: UInt8(ascii: "@"))
        let domainStart = at.map { $0 + 1 } ?? 0
        guard let domain = AddressPreparation.domainpart(utf8: bytes[domainStart..<slash]) else {
            return nil
        }
        var local: String?
        if let at {
            guard let prepared = AddressPreparation.localpart(utf8: bytes[..<at]) else {
                return nil
            }
            local = prepared
        }
        bare = BareJID(preparedLocalpart: local, preparedDomainpart: domain)
        guard slash < bytes.count else {
            resourcepart = nil
            return
        }
        guard let resource = AddressPreparation.resourcepart(utf8: bytes[(slash + 1)...]) else {
            return nil
        }
        resourcepart = resource
    }

    package var full: FullJID? {
        guard let resourcepart else { return nil }
        return FullJID(bare: bare, preparedResourcepart: resourcepart)
    }

    package var isBare: Bool { resourcepart == nil }

    package var description: String {
        guard let resourcepart else { return bare.text }
        return bare.text + "/" + resourcepart
    }
}
