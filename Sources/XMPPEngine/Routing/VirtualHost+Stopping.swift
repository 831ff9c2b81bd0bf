import Synchronization
import XMPPCore

/// How a host ends, alone or with the server.
extension VirtualHost {
    package func opened(_ session: C2SSession) -> StreamError? {
        unbound.add(session) ? nil : StreamError(.hostGone)
    }

    package func left(_ session: C2SSession) { unbound.remove(session) }

    /// Ends every stream of the host, bound or not, and lets nobody in any more.
    package func stop(_ error: StreamError) {
        mayHold.store(false, ordering: .relaxed)
        unbound.end(error)
        for resource in sessions.all { close(resource, error) }
    }

    /// Lets no session outlive its connection any more, and ends those that do.
    package func endHeldSessions(_ error: StreamError) {
        mayHold.store(false, ordering: .relaxed)
        for resource in sessions.all where resource.heldSince != nil { close(resource, error) }
    }

    /// Whether something of ended sessions is still to be put away.
    package var isPuttingAway: Bool { unfinished.load(ordering: .relaxed) > 0 }
}
