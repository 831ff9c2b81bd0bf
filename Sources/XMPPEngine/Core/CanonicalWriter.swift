/// Writes element trees as canonical XML bytes (see `Payload`).
struct CanonicalWriter {
    private(set) var bytes: [UInt8]

    init(bytes: [UInt8] = []) { self.bytes = bytes }

    /// Writes a tree; `xmlns` is written where the namespace differs from the one around it.
    mutating func write(_ element: Element, parent: Namespace) {
        append("<")
        append(element.name)
        if element.namespace != parent {
            append(" xmlns='")
            escape(element.namespace.name, quoting: true)
            append("'")
        }
        writeAttributes(element.attributes)
        guard !element.children.isEmpty else {
            append("/>")
            return
        }
        append(">")
        for child in element.children {
            switch child {
            case .element(let child): write(child, parent: element.namespace)
            case .text(let text): escape(text, quoting: false)
            }
        }
        append("</")
        append(element.name)
        append(">")
    }

    private mutating func writeAttributes(_ attributes: [Element.Attribute]) {
        for (index, attribute) in attributes.enumerated() {
            append(" ")
            if attribute.namespace == .xml {
                append("xml:")
            } else if let namespace = attribute.namespace {
                append("xmlns:a\(index)='")
                escape(namespace.name, quoting: true)
                append("' a\(index):")
            }
            append(attribute.name)
            append("='")
            escape(attribute.value, quoting: true)
            append("'")
        }
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func escape(_ text: String, quoting: Bool) {
        for byte in text.utf8 {
            if let reference = XMLEscape.reference(for: byte, quoting: quoting) {
                reference.withUTF8Buffer { bytes.append(contentsOf: $0) }
            } else if !XMLEscape.isForbidden(byte) {
                bytes.append(byte)
            }
        }
    }
}

/// The references that XML needs for the characters it gives a meaning.
enum XMLEscape {
    /// The reference to write in place of a byte; `nil` when the byte stands for itself.
    ///
    /// `quoting` is for attributes, where quotes and white space would change on reading
    /// (XML §3.3.3).
    @inline(__always)
    static func reference(for byte: UInt8, quoting: Bool) -> StaticString? {
        switch byte {
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "'") where quoting: "&apos;"
        case UInt8(ascii: "\"") where quoting: "&quot;"
        case 0x09 where quoting: "&#9;"
        case 0x0A where quoting: "&#10;"
        case 0x0D: "&#13;"
        default: nil
        }
    }

    /// Control characters that XML 1.0 cannot carry in any form (§2.2); they are dropped.
    @inline(__always)
    static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D
    }
}
