import Synchronization
import XMPPEngine

/// What `mod_http_poll` lets clients have.
package struct PollSettings: Sendable, Equatable {
    /// Seconds without a request after which a session ends (XEP-0025 §3.2).
    package var timeout = 300

    package init() {}
}

/// HTTP polling as a whole: its sessions, whichever listener and loop their requests come by.
package final class PollService: Sendable {
    let sessions = SessionTable<String, PollSession>()
    private let state = Mutex(State())

    private struct State {
        var settings: @Sendable (_ host: String) -> PollSettings = { _ in PollSettings() }
        var isStopping = false
    }

    package init() {}

    /// What new sessions get at their host.
    package var settings: @Sendable (_ host: String) -> PollSettings {
        get { state.withLock { $0.settings } }
        set { state.withLock { $0.settings = newValue } }
    }

    /// How many sessions there are.
    package var sessionCount: Int { sessions.count }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Takes sessions again after `stop`.
    package func start() { state.withLock { $0.isStopping = false } }

    /// Ends all sessions with `system-shutdown`; new ones are refused.
    package func stop() async {
        state.withLock { $0.isStopping = true }
        for session in sessions.all {
            session.loop.execute { session.shutDown() }
        }
        for _ in 0..<100 where sessions.count > 0 {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
