import Glibc

/// Collects one top-level element: the header of a stanza, and its payload as canonical bytes.
///
/// Owned by one parser.
struct StanzaBuilder: ~Copyable {
    enum Product {
        case stanza(ParsedStanza)
        case nonza(Element)
        /// Our own bytes could not be read back: a defect of ours.
        case unreadable
    }

    private typealias Name = StartTag.Name

    private struct Head {
        var kind: Stanza.Kind
        var type: StanzaType?
        var id: String?
        var from: String?
        var to: ParsedStanza.Address
        var language: String?
    }

    private struct Open {
        var name: Name
        /// `nil` is the content namespace of the stream.
        var namespace: Name?
    }

    private var sink = CanonicalSink()
    private var header: Head?
    private var stack: [Open] = []
    private var children: [Payload.Child] = []
    private var childStart = 0
    private var isTagOpen = false
    private(set) var elements = 0
    private var names = NameTable()
    private var addresses = AddressCache()
    /// The interned pointer of the content namespace, once seen.
    private var content: Name?

    init() { stack.reserveCapacity(16) }

    /// Starts a top-level element.
    mutating func begin(_ tag: StartTag, contentNamespace: Namespace) {
        sink.reset()
        stack.removeAll(keepingCapacity: true)
        children.removeAll(keepingCapacity: true)
        elements = 1
        isTagOpen = false
        header = nil
        let isContent = isContentNamespace(tag.namespace, contentNamespace)
        if isContent, let kind = Self.kind(of: tag.localName) {
            header = readHeader(tag, kind: kind)
            stack.append(Open(name: tag.localName, namespace: nil))
            return
        }
        // In a tree the content namespace is jabber:client, whichever the stream's is.
        write(tag, namespace: isContent ? nil : tag.namespace ?? Self.none, parent: nil)
    }

    mutating func open(_ tag: StartTag) {
        elements += 1
        closeTag()
        let isChild = stack.count == 1 && header != nil
        if isChild { childStart = sink.count }
        let parent = stack.last?.namespace
        let namespace = isContent(tag.namespace) ? nil : tag.namespace ?? Self.none
        write(tag, namespace: namespace, parent: parent)
        if isChild {
            children.append(
                Payload.Child(
                    name: names.text(tag.localName),
                    namespace: namespace.map { Namespace(names.text($0)) } ?? .client,
                    range: childStart..<childStart))
        }
    }

    mutating func close() {
        guard let open = stack.popLast() else { return }
        if stack.isEmpty, header != nil { return }
        if isTagOpen {
            sink.append("/>")
            isTagOpen = false
        } else {
            sink.append("</")
            sink.append(name: open.name)
            sink.append(UInt8(ascii: ">"))
        }
        guard stack.count == 1, header != nil, let last = children.indices.last else { return }
        let child = children[last]
        children[last] = Payload.Child(
            name: child.name, namespace: child.namespace, range: childStart..<sink.count)
    }

    mutating func characters(_ bytes: UnsafePointer<UInt8>, count: Int) {
        // Text directly inside a stanza is nobody's (RFC 6120 §8.1 has elements only).
        if stack.count == 1, header != nil { return }
        closeTag()
        sink.append(escaping: bytes, count: count, quoting: false)
    }

    /// The finished top-level element.
    mutating func finish() -> Product {
        guard let header else {
            guard let element = CanonicalReader.elements(in: sink.bytes())?.first else {
                return .unreadable
            }
            return .nonza(element)
        }
        return .stanza(
            ParsedStanza(
                kind: header.kind, type: header.type, id: header.id, from: header.from,
                to: header.to, language: header.language,
                payload: Payload(bytes: sink.bytes(), children: children)))
    }

    // MARK: parts

    /// The name of no namespace (`xmlns=''`).
    private static var none: Name { StaticString("").utf8Start }

    private func isContent(_ namespace: Name?) -> Bool { content != nil && namespace == content }

    private mutating func isContentNamespace(_ name: Name?, _ wanted: Namespace) -> Bool {
        guard let name else { return false }
        if let content { return name == content }
        guard names.text(name) == wanted.name else { return false }
        content = name
        return true
    }

    private static func kind(of name: Name) -> Stanza.Kind? {
        let text = UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)
        if strcmp(text, "message") == 0 { return .message }
        if strcmp(text, "presence") == 0 { return .presence }
        return strcmp(text, "iq") == 0 ? .iq : nil
    }

    private mutating func readHeader(_ tag: StartTag, kind: Stanza.Kind) -> Head {
        var header = Head(kind: kind, to: .none)
        var type: UnsafeBufferPointer<UInt8>?
        for index in 0..<tag.attributes {
            guard let attribute = tag.attribute(index) else { continue }
            let name = UnsafeRawPointer(attribute.localName).assumingMemoryBound(to: CChar.self)
            if attribute.namespace != nil {
                if strcmp(name, "lang") == 0, Self.isXML(attribute.prefix) {
                    header.language = String(decoding: attribute.value, as: UTF8.self)
                }
            } else if strcmp(name, "to") == 0 {
                header.to = addresses.address(attribute.value)
            } else if strcmp(name, "type") == 0 {
                type = attribute.value
            } else if strcmp(name, "id") == 0 {
                header.id = String(decoding: attribute.value, as: UTF8.self)
            } else if strcmp(name, "from") == 0 {
                header.from = String(decoding: attribute.value, as: UTF8.self)
            }
        }
        header.type = StanzaType.read(type, of: kind)
        return header
    }

    private static func isXML(_ prefix: Name?) -> Bool {
        guard let prefix else { return false }
        return strcmp(UnsafeRawPointer(prefix).assumingMemoryBound(to: CChar.self), "xml") == 0
    }

    private mutating func closeTag() {
        guard isTagOpen else { return }
        sink.append(UInt8(ascii: ">"))
        isTagOpen = false
    }

    private mutating func write(_ tag: StartTag, namespace: Name?, parent: Name?) {
        sink.append(UInt8(ascii: "<"))
        sink.append(name: tag.localName)
        if namespace != parent {
            sink.append(" xmlns='")
            if let namespace { escape(namespace) } else { sink.append("jabber:client") }
            sink.append(UInt8(ascii: "'"))
        }
        for index in 0..<tag.attributes {
            guard let attribute = tag.attribute(index) else { continue }
            write(attribute, index: index)
        }
        stack.append(Open(name: tag.localName, namespace: namespace))
        isTagOpen = true
    }

    private mutating func write(_ attribute: StartTag.Attribute, index: Int) {
        sink.append(UInt8(ascii: " "))
        if let namespace = attribute.namespace {
            if Self.isXML(attribute.prefix) {
                sink.append("xml:")
            } else {
                var prefix = "a\(index)"
                prefix.withUTF8 { prefix in
                    guard let start = prefix.baseAddress else { return }
                    sink.append("xmlns:")
                    sink.append(start, count: prefix.count)
                    sink.append("='")
                    escape(namespace)
                    sink.append("' ")
                    sink.append(start, count: prefix.count)
                    sink.append(UInt8(ascii: ":"))
                }
            }
        }
        sink.append(name: attribute.localName)
        sink.append("='")
        if let start = attribute.value.baseAddress {
            sink.append(escaping: start, count: attribute.value.count, quoting: true)
        }
        sink.append(UInt8(ascii: "'"))
    }

    private mutating func escape(_ namespace: Name) {
        let length = strlen(UnsafeRawPointer(namespace).assumingMemoryBound(to: CChar.self))
        sink.append(escaping: namespace, count: length, quoting: true)
    }
}
