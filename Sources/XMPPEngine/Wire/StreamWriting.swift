import NIOCore

extension StreamError {
    /// The `<stream:error/>` element (RFC 6120 §4.9.2).
    package var element: Element {
        var children = [
            Element(condition.rawValue, .streamErrors, text: otherHost)
        ]
        if let text {
            children.append(Element("text", .streamErrors, text: text))
        }
        return Element("error", .streams, children: children)
    }
}

extension ByteBuffer {
    /// Writes an element of the streams namespace with the prefix that old clients look for.
    ///
    /// On its own (`standalone`), it declares the prefix.
    package mutating func writeStreamElement(
        _ element: Element, contentNamespace: Namespace, framing: WireFraming = .stream
    ) {
        writeStaticString("<stream:")
        writeString(element.name)
        if framing == .standalone {
            writeStaticString(" xmlns:stream='http://etherx.jabber.org/streams'")
        }
        for attribute in element.attributes where attribute.namespace == nil {
            writeStaticString(" ")
            writeString(attribute.name)
            writeStaticString("='")
            writeEscaped(attribute.value, quoting: true)
            writeStaticString("'")
        }
        writeStaticString(">")
        for child in element.elements { write(child, in: contentNamespace) }
        writeStaticString("</stream:")
        writeString(element.name)
        writeStaticString(">")
    }
}
