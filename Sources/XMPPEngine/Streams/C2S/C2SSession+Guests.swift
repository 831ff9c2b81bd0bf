import XMPPCore

/// Clients without an account: under a name of their own choice, or bound from the first request.
extension C2SSession {
    /// Lets a guest in under the name it chose, unless that is somebody's.
    func admit(_ name: BareJID, _ attempt: SASLAttempt) {
        reserve(name) { session, isFree in
            let order =
                if let isFree {
                    session.negotiation?.guestAdmitted(isFree, for: attempt)
                } else {
                    session.negotiation?.lookUpFailed(for: attempt)
                }
            if let order { session.carryOut(order) }
            return session.isAnonymous
        }
    }

    /// Reserves a name and goes on with what came of it: `nil` when the store could not say.
    ///
    /// `next` says whether the guest is in; the name is given back if not.
    func reserve(
        _ name: BareJID, then next: @escaping @Sendable (C2SSession, Bool?) -> Bool
    ) {
        guard let host else { return }
        park()
        Task {
            let isFree = try? await host.reserve(name)
            loop.execute {
                guard !self.isOver else {
                    if isFree == true { host.release(name) }
                    return
                }
                if isFree == true { self.binding = ReservedName(name) }
                if !next(self, isFree) { self.releaseName() }
                self.unpark()
            }
        }
    }

    /// Gives back the name that nothing was bound under.
    func releaseName() {
        guard let reserved = binding as? ReservedName else { return }
        binding = nil
        host?.release(reserved.name)
    }

    /// What a session that is not bound yet keeps of its guest.
    private final class ReservedName: Sendable {
        let name: BareJID

        init(_ name: BareJID) { self.name = name }
    }

    // MARK: bound from the first request

    /// Opens a stream whose client has no account and needs no login: it has a random address at
    /// once, told as the answer to a bind request would (`prebind` of BOSH).
    package func openForGuest(_ header: StreamHeader) { process(header, asGuest: true) }

    func enterAsGuest(hasFeatures: Bool) {
        guard let host else { return }
        guard host.login.policy.admitsGuests,
            let account = LoginRules.temporaryAccount(SecureRandom.token(), on: host.domain)
        else { return fail(StreamError(.notAuthorized, "this host has no anonymous logins")) }
        if let refusal = host.refusal(of: account, on: self) {
            return fail(StreamError(.notAuthorized, refusal.text ?? "not allowed here"))
        }
        guard machine.guestEntered(account) else {
            return fail(StreamError(.policyViolation, "encryption is required"))
        }
        isAnonymous = true
        switch host.bind(self, account: account, resource: nil) {
        case .success(let full):
            guard adopt(full) else { return host.ended(self) }
            loop.counters.add(.logins("ANONYMOUS"))
            if hasFeatures {
                send(
                    Element(
                        "features", .streams,
                        children: host.features(isAuthenticated: true, for: self)))
            }
            let jid = Element("jid", .bind, text: full.description)
            deliver(
                Stanza(
                    .iq, type: .result, id: "prebind", to: JID(full),
                    elements: [Element("bind", .bind, children: [jid])]))
        case .failure(let error):
            fail(StreamError(.policyViolation, error.text ?? "no more sessions"))
        }
    }
}
