/// An XML element as a tree: for the few places that look inside (IQ payloads, nonzas).
///
/// Routed stanzas are not trees; see `Stanza`.
package struct Element: Hashable, Sendable {
    package enum Node: Hashable, Sendable {
        case element(Element)
        case text(String)
    }

    package struct Attribute: Hashable, Sendable {
        package let name: String
        /// The attribute's namespace; `nil` for the usual unprefixed attribute.
        package let namespace: Namespace?
        package let value: String

        package init(name: String, namespace: Namespace?, value: String) {
            self.name = name
            self.namespace = namespace
            self.value = value
        }
    }

    package var name: String
    package var namespace: Namespace
    package var attributes: [Attribute]
    package var children: [Node]

    package init(
        _ name: String, _ namespace: Namespace, attributes: [(String, String?)] = [],
        children: [Element] = [], text: String? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes.compactMap { name, value in
            value.map { Attribute(name: name, namespace: nil, value: $0) }
        }
        self.children = children.map { .element($0) }
        if let text, !text.isEmpty { self.children.append(.text(text)) }
    }

    init(name: String, namespace: Namespace, attributes: [Attribute]) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        children = []
    }

    /// The value of an unprefixed attribute; setting `nil` removes it.
    package subscript(_ attribute: String) -> String? {
        get { attributes.first { $0.name == attribute && $0.namespace == nil }?.value }
        set {
            attributes.removeAll { $0.name == attribute && $0.namespace == nil }
            guard let newValue else { return }
            attributes.append(Attribute(name: attribute, namespace: nil, value: newValue))
        }
    }

    /// The value of `xml:lang` on this element itself, or `nil`.
    package var language: String? {
        attributes.first { $0.name == "lang" && $0.namespace == .xml }?.value
    }

    /// The child elements, without the text between them.
    package var elements: [Element] {
        children.compactMap { node in
            guard case .element(let element) = node else { return nil }
            return element
        }
    }

    /// The character data directly inside this element, joined.
    package var text: String {
        var result = ""
        for case .text(let part) in children { result += part }
        return result
    }

    /// The first child with this name, in this element's namespace unless another is given.
    package func child(_ name: String, _ namespace: Namespace? = nil) -> Element? {
        let wanted = namespace ?? self.namespace
        for case .element(let element) in children
        where element.name == name && element.namespace == wanted {
            return element
        }
        return nil
    }

    package func `is`(_ name: String, _ namespace: Namespace) -> Bool {
        self.name == name && self.namespace == namespace
    }

    package mutating func append(_ child: Element) { children.append(.element(child)) }
}
