import XMPPCore

/// What the first request says of the stream; a restart takes from it what it leaves out.
struct BOSHOrigin {
    private let to: String?
    private let from: String?
    private let version: String?
    private let language: String?

    init(_ body: StreamHeader) {
        to = body["to"]
        from = body["from"]
        version = body["version", .xbosh]
        language = body["lang", .xml]
    }

    /// The stream header that a `<body/>` stands for (XEP-0206 §3, §5).
    func streamHeader(of body: StreamHeader) -> StreamHeader {
        var attributes: [Element.Attribute] = []
        func add(_ name: String, _ value: String?, _ namespace: Namespace? = nil) {
            guard let value else { return }
            attributes.append(Element.Attribute(name: name, namespace: namespace, value: value))
        }
        add("to", body["to"] ?? to)
        add("from", body["from"] ?? from)
        add("version", body["version", .xbosh] ?? version)
        add("lang", body["lang", .xml] ?? language, .xml)
        return StreamHeader(
            name: "stream", namespace: .streams, contentNamespace: .client,
            attributes: attributes)
    }
}
