import XMPPCore

/// What the state says of the stream.
extension C2SStateMachine {
    /// Whether a resource is bound.
    package var jid: FullJID? {
        switch state {
        case .waitForSession(let jid), .sessionEstablished(let jid): jid
        case .waitForStream, .waitForAuth, .waitForFeatureRequest, .waitForTLS,
            .waitForSASLResponse, .waitForBind, .closed:
            nil
        }
    }

    /// The account that has logged in, while its session is not bound.
    package var unboundAccount: BareJID? {
        if case .waitForBind(let user) = state { user } else { nil }
    }

    /// The account that has logged in.
    package var account: BareJID? {
        if case .waitForStream(_, _, let user) = state { user } else { unboundAccount ?? jid?.bare }
    }

    /// Whether elements that are neither stanzas nor part of the login may come.
    package var isOpenToNonzas: Bool { jid != nil || unboundAccount != nil }

    /// Whether the stream may be as large as a logged-in user's (limits differ before).
    package var isAuthenticated: Bool {
        switch state {
        case .waitForBind, .waitForSession, .sessionEstablished: true
        case .waitForStream(_, _, let user): user != nil
        case .waitForAuth, .waitForFeatureRequest, .waitForTLS, .waitForSASLResponse, .closed: false
        }
    }
}
