import NIOCore
import XMPPCore
import XMPPEngine

/// How answers are put into words and sent.
enum BOSHAnswer {
    /// The attributes of the first answer (XEP-0124 §7.2, XEP-0206 §4).
    static func creation(
        _ opening: StreamOpening, id: BOSHSessionID, terms: BOSHTerms, isSecure: Bool
    ) -> String {
        var text = " sid='\(id.text)' wait='\(terms.wait)' requests='\(terms.requests)'"
        text += " hold='\(terms.hold)' polling='\(terms.polling)'"
        text += " inactivity='\(terms.inactivity)'"
        if terms.pauseMax > 0 { text += " maxpause='\(terms.pauseMax)'" }
        if let minor = terms.minorVersion { text += " ver='1.\(minor)'" }
        text += " charsets='UTF-8' accept='gzip'"
        if isSecure { text += " secure='true'" }
        return text + stream(opening, name: BOSHStream.firstName(of: id))
    }

    /// The attributes of the first answer of any stream (XEP-0124 §16.3, XEP-0206 §4).
    static func stream(_ opening: StreamOpening, name: String) -> String {
        var text = " stream='\(name)' from='\(escaped(opening.from))'"
        text += " authid='\(escaped(opening.id))' xmlns:xmpp='\(Namespace.xbosh)'"
        if opening.hasVersion { text += " xmpp:version='1.0' xmpp:restartlogic='true'" }
        return text
    }

    private static func escaped(_ text: String) -> String {
        var buffer = ByteBuffer()
        buffer.writeEscaped(text, quoting: true)
        return String(buffer: buffer)
    }

    // MARK: fields

    /// An answer opened as a page must not run what another client put into a stanza.
    private static let sandbox = HTTPField("Content-Security-Policy", "sandbox")
    static let usual = [HTTPField("Content-Type", "text/xml; charset=utf-8"), sandbox]

    /// The header fields of a session's answers.
    ///
    /// `wanted` is the media type that the client asked for (XEP-0124 §7.1).
    static func fields(contentType wanted: String?) -> [HTTPField] {
        guard let wanted, wanted != usual[0].value, isMediaType(wanted) else { return usual }
        return [HTTPField("Content-Type", wanted), sandbox]
    }

    private static func isMediaType(_ text: String) -> Bool {
        let marks = Set("!#$&^_.+-/;= \"".utf8)
        return text.utf8.count <= 80 && text.utf8.contains(UInt8(ascii: "/"))
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: marks.contains(byte)
                }
            }
    }
}
