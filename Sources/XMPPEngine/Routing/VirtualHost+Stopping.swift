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

    /// Ends every stream of an account that nobody can log in to any more.
    ///
    /// Also those that have not bound yet, or whose credentials were looked up before. One that
    /// binds meanwhile enters the sessions before it leaves the unbound streams.
    func endStreams(
        of account: BareJID, _ error: StreamError, sparing: ClientResource? = nil
    ) {
        unbound.end(of: account, error)
        for resource in sessions.sessions(of: account) where resource !== sparing {
            close(resource, error)
        }
    }

    /// Lets no session outlive its connection any more, and ends those that do.
    package func endHeldSessions(_ error: StreamError) {
        mayHold.store(false, ordering: .relaxed)
        for resource in sessions.all where resource.heldSince != nil { close(resource, error) }
    }

    /// Whether something of ended sessions is still to be put away.
    package var isPuttingAway: Bool { unfinished.load(ordering: .relaxed) > 0 }
}
