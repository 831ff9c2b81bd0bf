import Synchronization
import XMPPCore
import XMPPEngine

/// Feeds of what happens, as server-sent events.
extension APIHandler {
    /// The name that permissions and scopes have for the feeds.
    private static let name = "events"

    func watch(_ exchange: Exchange) throws(APIError) {
        guard try isWanted(exchange, [.get]) else { return }
        guard exchange.declaredBodyBytes == 0 else {
            throw APIError(.badRequest, "a request with this method has no body")
        }
        let request = try EventRequest(
            query: exchange.query, lastEventID: exchange.field("Last-Event-ID"))
        let visitor = APIGate.Visitor(exchange, hosts: server.hosts)
        exchange.readBody({ $0.count }) { [self] in
            let count = activity.watchers.wrappingAdd(1, ordering: .relaxed).newValue
            guard count <= settings.watchersMax else {
                activity.watchers.wrappingSubtract(1, ordering: .relaxed)
                return exchange.respond(.later("there are too many watchers", seconds: 10))
            }
            exchange.hold()
            begin(request, visitor, HeldExchange(exchange))
        }
    }

    private func begin(
        _ request: EventRequest, _ visitor: APIGate.Visitor, _ held: HeldExchange
    ) {
        Task { [self] in
            let endings = activity.endings.load(ordering: .relaxed)
            let admission = await admission(of: visitor)
            held.onLoop { [self] exchange in
                let leave: @Sendable () -> Void = { [self] in
                    activity.watchers.wrappingSubtract(1, ordering: .relaxed)
                }
                let account: BareJID?
                switch admission {
                case .success(let guest): account = guest.caller.account
                case .failure(let refusal):
                    exchange.respond(refusal)
                    return leave()
                }
                guard exchange.isOpen else { return leave() }
                let stream = EventStream(
                    exchange, feed: server.environment.observatory.events,
                    isStillAllowed: { [self] in
                        if case .success = await self.admission(of: visitor) { true } else { false }
                    },
                    whenOver: { [activity] stream in
                        activity.ended(stream)
                        leave()
                    })
                activity.began(stream, of: account)
                stream.begin(request)
                // Its account may have changed since it was looked at.
                if activity.endings.load(ordering: .relaxed) != endings { stream.recheck() }
            }
        }
    }

    /// Who a visitor is that may watch, or why it may not.
    private func admission(
        of visitor: APIGate.Visitor
    ) async -> Result<APIGate.Guest, APIError> {
        do throws(APIError) {
            let guest = try await gate.guest(visitor)
            try gate.admit(guest, to: Self.name, tag: .events)
            return .success(guest)
        } catch {
            return .failure(error)
        }
    }
}
