import Synchronization
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
            guard watchers.wrappingAdd(1, ordering: .relaxed).newValue <= settings.watchersMax
            else {
                watchers.wrappingSubtract(1, ordering: .relaxed)
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
            let refusal = await refusal(of: visitor)
            held.onLoop { [self] exchange in
                let leave: @Sendable () -> Void = { [self] in
                    watchers.wrappingSubtract(1, ordering: .relaxed)
                }
                if let refusal {
                    exchange.respond(refusal)
                    return leave()
                }
                guard exchange.isOpen else { return leave() }
                let stream = EventStream(
                    exchange, feed: server.environment.observatory.events,
                    isStillAllowed: { [self] in await self.refusal(of: visitor) == nil },
                    whenOver: leave)
                stream.begin(request)
            }
        }
    }

    /// Why a visitor may not watch; `nil` when it may.
    private func refusal(of visitor: APIGate.Visitor) async -> APIError? {
        do throws(APIError) {
            try gate.admit(try await gate.guest(visitor), to: Self.name, tag: .events)
            return nil
        } catch {
            return error
        }
    }
}
