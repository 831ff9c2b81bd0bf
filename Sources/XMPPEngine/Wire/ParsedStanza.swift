/// A stanza as it came from the peer: its header read, nothing yet believed.
package struct ParsedStanza {
    package enum Address {
        case none
        case valid(JID)
        /// Not an address (RFC 7622); the stanza is answered with `jid-malformed`.
        case malformed
    }

    package let kind: Stanza.Kind
    /// `nil` for a type the kind does not have, or an IQ without one.
    package let type: StanzaType?
    package let id: String?
    /// The `from` attribute as written; the stream decides whether it may stand.
    package let from: String?
    package let to: Address
    package let language: String?
    package let payload: Payload
}

extension ParsedStanza {
    /// What makes a stanza unfit to be handled (RFC 6120 §8.2.3, §8.3.3.1); `nil` when it is fit.
    package var requestFault: StanzaError? {
        guard let type else { return .badRequest }
        guard kind == .iq else { return nil }
        guard id != nil else { return .badRequest }
        let isRequest = type == .get || type == .set
        return isRequest && payload.children.count != 1 ? .badRequest : nil
    }
}
