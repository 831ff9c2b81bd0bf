import XMPPCore

extension BareJID: OptionValue {
    package static var typeName: String { "an address (`admin@example.com`)" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> BareJID? {
        reader.value(of: node) { BareJID($0) }
    }

    package var configurationText: String { text }
}

/// The name of a domain, prepared as in an address (RFC 7622 §3.2).
package struct DomainName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// `nil` when the text is no domainpart.
    package init?(_ text: String) {
        guard let domain = BareJID(localpart: nil, domainpart: text) else { return nil }
        self.text = domain.text
    }

    package var description: String { text }
}

extension DomainName: OptionValue {
    package static var typeName: String { "a domain (`example.com`)" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> DomainName? {
        reader.value(of: node) { DomainName($0) }
    }

    package var configurationText: String { text }
}
