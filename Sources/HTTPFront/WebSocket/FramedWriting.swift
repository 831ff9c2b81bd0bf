import NIOCore
import XMPPCore
import XMPPEngine

extension ByteBuffer {
    /// Writes our stream header (RFC 7395 §3.3.1).
    mutating func writeFramed(_ opening: StreamOpening) {
        writeStaticString("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='")
        writeEscaped(opening.from, quoting: true)
        writeStaticString("' id='")
        writeEscaped(opening.id, quoting: true)
        writeAudience(of: opening)
        writeStaticString("'/>")
    }

    /// Writes an element that is no stanza, with all its namespaces (§3.3.3).
    mutating func writeFramed(_ nonza: Element) {
        if nonza.namespace == .streams {
            writeStreamElement(nonza, contentNamespace: Namespace(""), framing: .standalone)
        } else {
            write(nonza, in: nil)
        }
    }

    /// Writes the end of a stream, and where to go instead (§3.6, §3.6.1).
    mutating func writeFramedClose(seeOther uri: String? = nil) {
        writeStaticString("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'")
        if let uri {
            writeStaticString(" see-other-uri='")
            writeEscaped(uri, quoting: true)
            writeStaticString("'")
        }
        writeStaticString("/>")
    }
}

extension CloseCode {
    /// How a stream that ends with an error closes its connection.
    init(_ error: StreamError) {
        switch error.condition {
        case .systemShutdown, .reset, .connectionTimeout: self = .goingAway
        case .policyViolation: self = .policyViolation
        case .internalServerError: self = .internalError
        default: self = .normal
        }
    }
}

extension StreamError {
    /// Where the client is to go, when that is a URI (RFC 7395 §3.6.1).
    var otherURI: String? {
        guard condition == .seeOtherHost, let otherHost else { return nil }
        let schemes = ["wss://", "ws://", "https://", "http://"]
        return schemes.contains { otherHost.hasPrefix($0) } ? otherHost : nil
    }
}
