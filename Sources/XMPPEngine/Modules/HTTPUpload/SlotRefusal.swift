import XMPPCore
import XMPPStorage

/// Why there is no slot, in the words of XEP-0363 §6.
enum SlotRefusal: Equatable {
    case fileTooLarge(Int64)
    case tooManySlots(Int, until: Timestamp)
    /// The quota in bytes, and when there may be room again.
    case quota(Int64, until: Timestamp?)

    func reply(to iq: IQ) -> IQReply {
        let stanza = iq.stanza
        return .stanza(
            Stanza(
                .iq, type: .error, id: stanza.id, from: iq.to, to: iq.from,
                payload: stanza.payload.appending(error)))
    }

    private var error: Element {
        switch self {
        case .fileTooLarge(let sizeMax):
            var error = StanzaError(
                .notAcceptable, "the file is too large; the limit is \(sizeMax) bytes"
            ).element
            error.append(
                Element(
                    "file-too-large", .httpUpload,
                    children: [Element("max-file-size", .httpUpload, text: String(sizeMax))]))
            return error
        case .tooManySlots(let slotsMax, let end):
            return Self.wait(
                "no more than \(slotsMax) uploads may be waiting to begin", until: end)
        case .quota(let bytes, let end):
            return Self.wait("the quota of \(bytes) bytes is used up", until: end)
        }
    }

    private static func wait(_ text: String, until moment: Timestamp?) -> Element {
        var error = StanzaError(.resourceConstraint, text).element
        if let moment {
            error.append(
                Element("retry", .httpUpload, attributes: [("stamp", DateTime.text(moment))]))
        }
        return error
    }
}
