import Logging
import Synchronization
import XMPPCore
import XMPPEngine

/// BOSH as a whole: its sessions, whichever listener and loop their requests come by.
package final class BOSHService: Sendable {
    let sessions: SessionTable<BOSHSessionID, BOSHSession>
    private let state = Mutex(State())

    private struct State {
        var settings: @Sendable (_ host: String) -> BOSHSettings = { _ in BOSHSettings() }
        var isStopping = false
    }

    /// - Parameter sessionsMax: Sessions at once; beyond it new ones are refused.
    package init(sessionsMax: Int = 200_000) { sessions = SessionTable(countMax: sessionsMax) }

    /// What new sessions are offered by the host they ask for.
    package var settings: @Sendable (_ host: String) -> BOSHSettings {
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
