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

    /// Whether the stream may be as large as a logged-in user's (limits differ before).
    package var isAuthenticated: Bool {
        switch state {
        case .waitForBind, .waitForSession, .sessionEstablished: true
        case .waitForStream(_, _, let user): user != nil
        case .waitForAuth, .waitForFeatureRequest, .waitForTLS, .waitForSASLResponse, .closed: false
        }
    }
}
