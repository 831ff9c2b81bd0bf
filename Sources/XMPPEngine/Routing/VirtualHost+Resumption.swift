import Synchronization
import XMPPCore
import XMPPStorage

/// Sessions that are held without a connection, and taken over by another stream.
extension VirtualHost {
    /// Lets a stream go on with a session of its account, held or not (XEP-0198 §5).
    ///
    /// Called on the loop of `heir`, which reads nothing until the answer. A connection that the
    /// session has ends with `conflict`; among several heirs the last gets it.
    ///
    /// - Parameters:
    ///   - resource: The session; it must have a keeper.
    ///   - heir: Has logged in and is not bound.
    ///   - answer: Called once on the loop of `heir`. If it is given the keeper, the session is the
    ///     heir's and no later stanza has been sent yet: this is where what the client lacks is
    ///     sent again.
    package func resume(
        _ resource: ClientResource, on heir: C2SSession,
        answer: @escaping @Sendable (SessionClaim.Answer) -> Void
    ) {
        let account = resource.jid.bare
        guard heir.host === self, heir.unboundAccount == account,
            refusal(of: account, on: heir) == nil, let claim = heir.claim(answer: answer)
        else { return answer(.failure(.refused)) }
        pass(claim, to: resource)
    }

    private func pass(_ claim: SessionClaim, to resource: ClientResource) {
        resource.onStream { $0.give(to: claim) }
    }

    package func move(
        _ session: C2SSession, _ handed: HandedSession, to claims: [SessionClaim]
    ) -> Bool {
        guard let claim = claims.first, let resource = session.binding as? ClientResource,
            mayHold.load(ordering: .relaxed), sessions.move(resource, to: claim.transportClass)
        else { return false }
        resource.move(to: claim.heir) { claim.succeed(handed, waiting: $0) }
        for claim in claims.dropFirst() { pass(claim, to: resource) }
        return true
    }

    package func resumed(_ session: C2SSession) {
        guard let resource = session.binding as? ClientResource else { return }
        tell(.resumed, resource)
        hooks.sessionResumed.handlers.forEach { $0(resource) }
    }

    package func held(_ session: C2SSession, keeping bytes: Int) -> HeldShare? {
        guard mayHold.load(ordering: .relaxed), let resource = session.binding as? ClientResource,
            let share = heldSessions.share(of: bytes),
            case .held(let displaced) = sessions.hold(
                resource, since: Int(Timestamp.now().milliseconds / 1000),
                accountMax: heldSessions.limits.accountSessionsMax)
        else { return nil }
        // Whoever ends the held sessions may have looked before.
        guard mayHold.load(ordering: .relaxed) else { return nil }
        tell(.held, resource)
        for other in displaced {
            other.onStream { session in
                // Its client may have come back by now.
                guard session.isHeld else { return }
                session.fail(StreamError(.policyViolation, "too many sessions are held"))
            }
        }
        return share
    }

    package func received(_ nonza: Element, from session: C2SSession) -> Bool {
        hooks.nonza.handlers.contains { $0(nonza, session) }
    }
}
