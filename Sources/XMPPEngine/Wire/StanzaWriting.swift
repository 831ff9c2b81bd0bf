import NIOCore

/// How the bytes of a stanza stand in the stream around them.
package enum WireFraming: Sendable {
    /// Inside a stream whose header declares the content namespace.
    case stream
    /// On its own (BOSH body, WebSocket frame): each element declares its namespace.
    case standalone
}

extension ByteBuffer {
    /// Writes a stanza; the bytes of its payload are copied once and not looked at.
    package mutating func write(_ stanza: Stanza, framing: WireFraming) {
        let name = stanza.kind.name
        writeStaticString("<")
        writeStaticString(name)
        if framing == .standalone { writeStaticString(" xmlns='jabber:client'") }
        if let type = stanza.type.attribute {
            writeStaticString(" type='")
            writeStaticString(type)
            writeStaticString("'")
        }
        if let id = stanza.id {
            writeStaticString(" id='")
            writeEscaped(id, quoting: true)
            writeStaticString("'")
        }
        if let to = stanza.to { write(" to='", to) }
        if let from = stanza.from { write(" from='", from) }
        if let language = stanza.language {
            writeStaticString(" xml:lang='")
            writeEscaped(language, quoting: true)
            writeStaticString("'")
        }
        if stanza.payload.isEmpty {
            writeStaticString("/>")
        } else {
            writeStaticString(">")
            writeBytes(stanza.payload.bytes)
            writeStaticString("</")
            writeStaticString(name)
            writeStaticString(">")
        }
    }

    private mutating func write(_ attribute: StaticString, _ jid: JID) {
        writeStaticString(attribute)
        // Nodeprep leaves no character in a localpart that needs escaping; a resourcepart may.
        writeString(jid.bare.text)
        if let resource = jid.resourcepart {
            writeStaticString("/")
            writeEscaped(resource, quoting: true)
        }
        writeStaticString("'")
    }

    /// Writes a tree where `surrounding` is the default namespace in force, `nil` for none.
    package mutating func write(_ element: Element, in surrounding: Namespace?) {
        var writer = CanonicalWriter()
        writer.write(element, parent: surrounding ?? Namespace(""))
        writeBytes(writer.bytes)
    }

    /// Writes text with the characters escaped that XML gives a meaning.
    package mutating func writeEscaped(_ text: String, quoting: Bool) {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            for byte in bytes where byte <= UInt8(ascii: ">") && byte != UInt8(ascii: " ") {
                if XMLEscape.reference(for: byte, quoting: quoting) != nil { return false }
                if XMLEscape.isForbidden(byte) { return false }
            }
            writeBytes(bytes)
            return true
        }
        if isPlain { return }
        for byte in text.utf8 {
            if let reference = XMLEscape.reference(for: byte, quoting: quoting) {
                writeStaticString(reference)
            } else if !XMLEscape.isForbidden(byte) {
                writeInteger(byte)
            }
        }
    }
}
