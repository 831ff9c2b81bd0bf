import ControlProtocol
import XMPPStorage

/// Something that happened, for whoever watches the server.
package struct ServerEvent: Hashable, Sendable {
    /// What watchers choose by.
    package enum Kind: String, Sendable, CaseIterable {
        /// `opened` and `closed`: jid, transport, address.
        case session
        /// `available`: jid, show (empty: none), priority; `unavailable`: jid.
        case presence
        /// `raised` and `cleared`: alarm, text, severity.
        case alarm
    }

    /// Grows with every event, also over restarts of the server; exact in a JavaScript number.
    package let id: Int
    package let time: Timestamp
    package let kind: Kind
    /// What happened, one word.
    package let name: String
    package let fields: [JSONValue.Member]

    /// One object: id, time (milliseconds since 1970), kind, event, and the fields.
    package var json: JSONValue {
        .object(
            [
                .init("id", .int(id)), .init("time", .int(Int(time.milliseconds))),
                .init("kind", .string(kind.rawValue)), .init("event", .string(name)),
            ] + fields)
    }
}
