/// A start tag while libxml2 reports it; valid only during the call.
struct StartTag {
    typealias Name = UnsafePointer<UInt8>

    let localName: Name
    let prefix: Name?
    let namespace: Name?
    let declarations: Int
    private let namespaces: UnsafeMutablePointer<Name?>?
    let attributes: Int
    private let attributeFields: UnsafeMutablePointer<Name?>?

    /// Takes what libxml2 reports of a start tag.
    ///
    /// `namespaces` are pairs of prefix and name, `declarations` of them. `attributeFields` has
    /// local name, prefix, namespace, first and last of the value for each attribute.
    init(
        localName: Name, prefix: Name?, namespace: Name?, declarations: Int,
        namespaces: UnsafeMutablePointer<Name?>?, attributes: Int,
        attributeFields: UnsafeMutablePointer<Name?>?
    ) {
        self.localName = localName
        self.prefix = prefix
        self.namespace = namespace
        self.declarations = declarations
        self.namespaces = namespaces
        self.attributes = attributes
        self.attributeFields = attributeFields
    }

    /// Attributes and namespace declarations together.
    var count: Int { attributes + declarations }

    struct Attribute {
        let localName: Name
        let prefix: Name?
        let namespace: Name?
        let value: UnsafeBufferPointer<UInt8>
    }

    func attribute(_ index: Int) -> Attribute? {
        guard index < attributes, let attributeFields, let name = attributeFields[index * 5],
            let start = attributeFields[index * 5 + 3], let end = attributeFields[index * 5 + 4]
        else { return nil }
        return Attribute(
            localName: name, prefix: attributeFields[index * 5 + 1],
            namespace: attributeFields[index * 5 + 2],
            value: UnsafeBufferPointer(start: start, count: end - start))
    }

    func isPrefix(_ text: String) -> Bool {
        guard let prefix else { return false }
        return String(cString: prefix) == text
    }

    /// Whether this is a stream header (RFC 6120 §4.8.1).
    var isStream: Bool {
        guard let namespace, String(cString: localName) == "stream" else { return false }
        return String(cString: namespace) == Namespace.streams.name
    }

    private var defaultNamespace: Namespace? {
        guard let namespaces else { return nil }
        for index in 0..<declarations where namespaces[index * 2] == nil {
            return namespaces[index * 2 + 1].map { Namespace(String(cString: $0)) }
        }
        return nil
    }

    var header: StreamHeader {
        StreamHeader(
            name: String(cString: localName),
            namespace: Namespace(namespace.map { String(cString: $0) } ?? ""),
            contentNamespace: defaultNamespace,
            attributes: (0..<attributes).compactMap { index in
                guard let attribute = attribute(index) else { return nil }
                return Element.Attribute(
                    name: String(cString: attribute.localName),
                    namespace: attribute.namespace.map { Namespace(String(cString: $0)) },
                    value: String(decoding: attribute.value, as: UTF8.self))
            })
    }
}
