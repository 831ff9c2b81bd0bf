import XMPPCore

/// How far a component's stream has come (XEP-0114 §3).
package struct ComponentStateMachine {
    package enum State: Sendable, Equatable {
        case waitForStream
        /// The component must prove that it knows the secret of this domain.
        case waitForHandshake(domain: String, streamID: String)
        /// Stanzas flow, for these domains.
        case established(domains: [String])
        case closed
    }

    package enum OnStreamOpened: Sendable, Equatable {
        case accept(domain: String)
        case refuse(StreamError)
    }

    package enum OnHandshake: Sendable, Equatable {
        /// Compare the digest with that of the stream's id and the domain's secret.
        case verify(domain: String, streamID: String)
        case close(StreamError)
        case ignore
    }

    package enum OnStanza: Sendable, Equatable {
        case route
        case close(StreamError)
        case ignore
    }

    package private(set) var state = State.waitForStream

    package init() {}

    /// - Parameters:
    ///   - isStreamsNamespace: Whether the header is a stream's.
    ///   - isComponentNamespace: Whether its content is `jabber:component:accept`.
    ///   - domain: The domain that `to` names, if components may serve it here.
    ///   - streamID: What the digest will be made of.
    /// - Returns: What to do.
    package mutating func streamOpened(
        isStreamsNamespace: Bool, isComponentNamespace: Bool, domain: String?, streamID: String
    ) -> OnStreamOpened {
        guard case .waitForStream = state, isStreamsNamespace, isComponentNamespace else {
            return refuse(StreamError(.invalidNamespace))
        }
        guard let domain else { return refuse(StreamError(.hostUnknown)) }
        state = .waitForHandshake(domain: domain, streamID: streamID)
        return .accept(domain: domain)
    }

    private mutating func refuse(_ error: StreamError) -> OnStreamOpened {
        state = .closed
        return .refuse(error)
    }

    package mutating func handshakeReceived() -> OnHandshake {
        switch state {
        case .waitForHandshake(let domain, let streamID):
            return .verify(domain: domain, streamID: streamID)
        case .waitForStream, .established:
            state = .closed
            return .close(StreamError(.policyViolation, "not at this point of the stream"))
        case .closed:
            return .ignore
        }
    }

    package mutating func joined(_ domains: [String]) { state = .established(domains: domains) }

    package mutating func stanzaReceived() -> OnStanza {
        switch state {
        case .established: return .route
        case .waitForStream, .waitForHandshake:
            state = .closed
            return .close(StreamError(.notAuthorized))
        case .closed: return .ignore
        }
    }

    package mutating func closed() { state = .closed }
}
