/// The opening of a stream as the peer wrote it: `<stream:stream>` (RFC 6120 §4.7),
/// or the BOSH `<body>` that plays its part.
package struct StreamHeader: Sendable {
    package let name: String
    package let namespace: Namespace
    /// The default namespace declared on the header: `jabber:client` on a client's stream.
    package let contentNamespace: Namespace?
    package let attributes: [Element.Attribute]

    package init(
        name: String, namespace: Namespace, contentNamespace: Namespace?,
        attributes: [Element.Attribute]
    ) {
        self.name = name
        self.namespace = namespace
        self.contentNamespace = contentNamespace
        self.attributes = attributes
    }

    package subscript(_ attribute: String) -> String? {
        attributes.first { $0.name == attribute && $0.namespace == nil }?.value
    }

    package subscript(_ attribute: String, _ namespace: Namespace) -> String? {
        attributes.first { $0.name == attribute && $0.namespace == namespace }?.value
    }
}
