/// Builds trees from canonical XML: only what `CanonicalWriter` and the stream parser produce.
///
/// Not a parser for bytes from outside; those go through libxml2 first.
struct CanonicalReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private static let depthMax = 1024

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: The top-level elements, their namespace `jabber:client` unless they say another;
    ///   `nil` when the bytes are not canonical XML.
    static func elements(in bytes: [UInt8]) -> [Element]? {
        var reader = CanonicalReader(bytes: bytes)
        var elements: [Element] = []
        while reader.position < bytes.count {
            if reader.peek() == UInt8(ascii: "<") {
                guard let element = reader.element(parent: .client) else { return nil }
                elements.append(element)
            } else {
                // White space between the children of a stanza means nothing.
                guard reader.text() != nil else { return nil }
            }
        }
        return elements
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        let index = position + offset
        return index < bytes.count ? bytes[index] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func element(parent: Namespace) -> Element? {
        guard depth < Self.depthMax, take(UInt8(ascii: "<")), let name = name() else { return nil }
        depth += 1
        defer { depth -= 1 }
        var tag = Tag(namespace: parent)
        while take(UInt8(ascii: " ")) {
            guard readAttribute(into: &tag) else { return nil }
        }
        var element = Element(name: name, namespace: tag.namespace, attributes: tag.attributes)
        if take(UInt8(ascii: "/")) { return take(UInt8(ascii: ">")) ? element : nil }
        guard take(UInt8(ascii: ">")), readChildren(of: &element) else { return nil }
        return element
    }

    private struct Tag {
        var namespace: Namespace
        var attributes: [Element.Attribute] = []
        var prefixes: [String: Namespace] = [:]
    }

    private mutating func readAttribute(into tag: inout Tag) -> Bool {
        guard let name = name(), take(UInt8(ascii: "=")), let value = value() else { return false }
        if name == "xmlns" {
            tag.namespace = Namespace(value)
            return true
        }
        guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            tag.attributes.append(.init(name: name, namespace: nil, value: value))
            return true
        }
        let prefix = String(name[..<colon])
        let local = String(name[name.index(after: colon)...])
        if prefix == "xmlns" {
            tag.prefixes[local] = Namespace(value)
            return true
        }
        guard let namespace = prefix == "xml" ? .xml : tag.prefixes[prefix] else { return false }
        tag.attributes.append(.init(name: local, namespace: namespace, value: value))
        return true
    }

    private mutating func readChildren(of element: inout Element) -> Bool {
        while let byte = peek() {
            if byte != UInt8(ascii: "<") {
                guard let text = text() else { return false }
                element.children.append(.text(text))
            } else if peek(1) == UInt8(ascii: "/") {
                position += 2
                return name() == element.name && take(UInt8(ascii: ">"))
            } else {
                guard let child = self.element(parent: element.namespace) else { return false }
                element.children.append(.element(child))
            }
        }
        return false
    }

    private mutating func name() -> String? {
        let start = position
        while let byte = peek(), !Self.endsName(byte) { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: ">"), UInt8(ascii: "/"), UInt8(ascii: "="),
            UInt8(ascii: "<"):
            true
        default: false
        }
    }

    private mutating func value() -> String? {
        guard take(UInt8(ascii: "'")) else { return nil }
        let text = characters(until: UInt8(ascii: "'"))
        return take(UInt8(ascii: "'")) ? text : nil
    }

    private mutating func text() -> String? { characters(until: UInt8(ascii: "<")) }

    private mutating func characters(until end: UInt8) -> String? {
        let start = position
        while let byte = peek(), byte != end, byte != UInt8(ascii: "&") { position += 1 }
        if peek() != UInt8(ascii: "&") {
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var result = Array(bytes[start..<position])
        while let byte = peek(), byte != end {
            if byte == UInt8(ascii: "&") {
                guard let character = reference() else { return nil }
                result.append(character)
            } else {
                result.append(byte)
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func reference() -> UInt8? {
        for (text, byte) in Self.references where bytes[position...].starts(with: text) {
            position += text.count
            return byte
        }
        return nil
    }

    private static let references: [([UInt8], UInt8)] = [
        (Array("&lt;".utf8), UInt8(ascii: "<")), (Array("&gt;".utf8), UInt8(ascii: ">")),
        (Array("&amp;".utf8), UInt8(ascii: "&")), (Array("&apos;".utf8), UInt8(ascii: "'")),
        (Array("&quot;".utf8), UInt8(ascii: "\"")), (Array("&#9;".utf8), 0x09),
        (Array("&#10;".utf8), 0x0A), (Array("&#13;".utf8), 0x0D),
    ]
}
