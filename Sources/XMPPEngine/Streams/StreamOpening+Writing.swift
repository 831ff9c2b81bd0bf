import NIOCore
import XMPPCore

extension ByteBuffer {
    /// Writes our stream header, without closing it (RFC 6120 §4.7).
    package mutating func write(_ opening: StreamOpening, contentNamespace: Namespace) {
        writeStaticString("<stream:stream xmlns='")
        writeString(contentNamespace.name)
        writeStaticString("' xmlns:stream='http://etherx.jabber.org/streams' id='")
        writeEscaped(opening.id, quoting: true)
        writeStaticString("' from='")
        writeEscaped(opening.from, quoting: true)
        writeAudience(of: opening)
        writeStaticString("'>")
    }

    /// Writes to whom a header speaks, and in what: `to`, `xml:lang` and `version`.
    ///
    /// It stands after a value whose quotation mark is open, and leaves that of its last one open.
    package mutating func writeAudience(of opening: StreamOpening) {
        if let to = opening.to {
            writeStaticString("' to='")
            writeEscaped(to.description, quoting: true)
        }
        writeStaticString("' xml:lang='")
        writeEscaped(opening.language, quoting: true)
        if opening.hasVersion { writeStaticString("' version='1.0") }
    }
}
