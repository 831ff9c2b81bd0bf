import XMPPCore
import XMPPStorage

/// What a client wants of its roster, checked (RFC 6121 §2.1, §2.3.3).
enum RosterRequest: Equatable {
    /// `version` is `nil` when the client does not know of versions (§2.6.2).
    case get(version: String?)
    case set(contact: BareJID, name: String?, groups: [String])
    case remove(BareJID)

    /// Most bytes of a handle or the name of a group.
    static let textBytesMax = 1023
    /// Most groups of one item.
    static let groupsMax = 100

    /// Reads the `<query/>` of a request.
    ///
    /// - Throws: `.badRequest`, `.jidMalformed`, `.notAllowed` for the account's own address, or
    ///   `.notAcceptable` for names that are too long or empty.
    init(_ query: Element, isSet: Bool, account: BareJID) throws(StanzaError) {
        guard query.is("query", .roster) else { throw .badRequest }
        let items = query.elements
        guard isSet else {
            guard items.isEmpty else { throw .badRequest }
            self = .get(version: query["ver"])
            return
        }
        guard let item = items.first, items.count == 1, item.is("item", .roster),
            let address = item["jid"]
        else { throw .badRequest }
        guard let jid = JID(address) else { throw .jidMalformed }
        guard jid.isBare else { throw .badRequest }
        guard jid.bare != account else { throw .notAllowed }
        // Any other subscription than this is not the client's to set (§2.1.2.5).
        if item["subscription"] == "remove" {
            self = .remove(jid.bare)
            return
        }
        self = .set(
            contact: jid.bare, name: try Self.name(item), groups: try Self.groups(item))
    }

    private static func name(_ item: Element) throws(StanzaError) -> String? {
        guard let name = item["name"] else { return nil }
        guard name.utf8.count <= textBytesMax else { throw .notAcceptable }
        return name
    }

    private static func groups(_ item: Element) throws(StanzaError) -> [String] {
        var groups: [String] = []
        for group in item.elements where group.is("group", .roster) {
            let name = group.text
            guard !name.isEmpty, name.utf8.count <= textBytesMax else { throw .notAcceptable }
            guard !groups.contains(name) else { throw .badRequest }
            guard groups.count < groupsMax else { throw .notAcceptable }
            groups.append(name)
        }
        return groups
    }
}
