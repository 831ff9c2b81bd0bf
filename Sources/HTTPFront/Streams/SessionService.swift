import Synchronization
import XMPPEngine

/// A stream whose requests may come by any connection, so that it outlives each of them.
protocol RequestSession: AnyObject, Sendable {
    associatedtype ID: Hashable & Sendable

    /// What its requests call it.
    var id: ID { get }

    /// The loop it lives on.
    var home: HTTPLoop { get }

    /// Forgets a request whose client has left; to be called on the loop.
    func lost(_ exchange: Exchange)

    /// Ends with `system-shutdown`, at once or when the client has heard it; to be called on the
    /// loop.
    func shutDown()

    /// Ends, whether the client has heard of it or not; to be called on the loop.
    func abandon()
}

extension RequestSession {
    /// Carries a request that came by another loop to the session's own, with a copy of its body.
    func fetch(
        _ exchange: Exchange, _ bytes: UnsafeRawBufferPointer,
        _ receive: @escaping @Sendable (Exchange, UnsafeRawBufferPointer) -> Void
    ) {
        let copy = Array(bytes)
        let parcel = HandedOver(exchange: exchange)
        let loop = home.streams
        exchange.hold()
        exchange.onClose { loop.execute { self.lost(parcel.exchange) } }
        loop.execute {
            copy.withUnsafeBytes { receive(parcel.exchange, $0) }
        }
    }
}

/// All sessions of a kind, whichever listener and loop their requests come by.
final class SessionService<Session: RequestSession, Settings: Sendable>: Sendable {
    let sessions: SessionTable<Session.ID, Session>
    private let state: Mutex<State>

    private struct State {
        var settings: @Sendable (_ host: String) -> Settings
        var isStopping = false
    }

    /// - Parameters:
    ///   - settings: What new sessions are offered at any host, until it is said otherwise.
    ///   - sessionsMax: Sessions at once; beyond it new ones are refused.
    init(_ settings: Settings, sessionsMax: Int = 200_000) {
        state = Mutex(State(settings: { _ in settings }))
        sessions = SessionTable(countMax: sessionsMax)
    }

    /// What new sessions are offered by the host they ask for.
    var settings: @Sendable (_ host: String) -> Settings {
        get { state.withLock { $0.settings } }
        set { state.withLock { $0.settings = newValue } }
    }

    /// How many sessions there are.
    var sessionCount: Int { sessions.count }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Takes sessions again after `stop`.
    func start() { state.withLock { $0.isStopping = false } }

    /// Ends all sessions with `system-shutdown`; new ones are refused.
    ///
    /// Waits two seconds for clients that hear it at their next request.
    func stop() async {
        state.withLock { $0.isStopping = true }
        for session in sessions.all {
            session.home.streams.execute { session.shutDown() }
        }
        await emptied()
        for session in sessions.all {
            session.home.streams.execute { session.abandon() }
        }
        await emptied()
    }

    private func emptied() async {
        for _ in 0..<100 where sessions.count > 0 {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The supervised child that starts and stops it.
    func child(named name: String) -> ChildSpec {
        ChildSpec(name, grace: .seconds(5)) { [self] in
            start()
            return RunningChild(stop: { await self.stop() })
        }
    }
}
