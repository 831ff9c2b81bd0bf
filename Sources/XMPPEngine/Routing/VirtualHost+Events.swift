import ControlProtocol
import XMPPCore

/// What watchers of the server hear of the host's sessions.
extension VirtualHost {
    /// What became of a session.
    enum SessionChange: String { case opened, held, resumed, closed }

    func tell(_ change: SessionChange, _ resource: ClientResource) {
        let events = observatory.events
        events.publish(
            .session, change.rawValue,
            [
                .init("jid", .string(resource.jid.description)),
                .init("transport", .string(resource.transport.name)),
                .init("address", .string(resource.session.peer.address)),
            ])
        guard change == .closed, events.isWanted(.presence), resource.isAvailable else { return }
        events.publish(
            .presence, "unavailable", [.init("jid", .string(resource.jid.description))])
    }

    /// Tells of presence that is for everybody, not of directed presence.
    func tellPresence(_ stanza: Stanza, of resource: ClientResource) {
        guard observatory.events.isWanted(.presence), stanza.to == nil else { return }
        var fields: [JSONValue.Member] = [.init("jid", .string(resource.jid.description))]
        guard stanza.type == .available else {
            if stanza.type == .unavailable {
                observatory.events.publish(.presence, "unavailable", fields)
            }
            return
        }
        let show = stanza.payload.first("show", .client)?.text
        let priority = stanza.payload.first("priority", .client).flatMap { Int8($0.text) } ?? 0
        fields.append(.init("show", .string(show ?? "")))
        fields.append(.init("priority", .int(Int(priority))))
        observatory.events.publish(.presence, "available", fields)
    }
}
