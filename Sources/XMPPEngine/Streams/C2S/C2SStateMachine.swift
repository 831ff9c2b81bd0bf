import XMPPCore

/// How far a client's stream has come: TLS, login, bind, session (RFC 6120 §5–7).
///
/// A value without I/O; its states carry the names of the classic client process.
package struct C2SStateMachine {
    package struct Policy: Sendable, Equatable {
        package enum TLS: Sendable { case unavailable, optional, required }

        package var tls: TLS
        /// Whether there is a certificate to begin TLS with.
        package var canStartTLS: Bool
        /// Refused logins after which the stream closes (RFC 6120 §6.4.5).
        package var refusalsMax: Int

        package init(tls: TLS = .optional, canStartTLS: Bool = true, refusalsMax: Int = 5) {
            self.tls = tls
            self.canStartTLS = canStartTLS
            self.refusalsMax = refusalsMax
        }
    }

    /// What happened before login.
    package struct Login: Sendable, Equatable {
        package var host: String
        package var isEncrypted: Bool
        package var refusals: Int
        /// Whether a stream without version may log in by XEP-0078.
        package var isLegacyAuthAllowed = false
    }

    package enum State: Sendable, Equatable {
        /// The peer's stream header is due. `login` is what earlier streams of the connection
        /// brought, `user` is set once authenticated.
        case waitForStream(isEncrypted: Bool, refusals: Int, user: BareJID?)
        /// A stream without version: XEP-0078 may log in.
        case waitForAuth(Login)
        /// STARTTLS, SASL or in-band registration may come.
        case waitForFeatureRequest(Login)
        /// `<proceed/>` is sent; what follows belongs to TLS (RFC 6120 §5.4.2.3).
        case waitForTLS
        /// A SASL exchange is under way.
        case waitForSASLResponse(Login)
        /// Logged in; a resource must be bound.
        case waitForBind(BareJID)
        /// Bound; the obsolete session request may come, any stanza may.
        case waitForSession(FullJID)
        case sessionEstablished(FullJID)
        case closed
    }

    package private(set) var state: State
    private let policy: Policy

    package init(policy: Policy, isEncrypted: Bool) {
        self.policy = policy
        state = .waitForStream(isEncrypted: isEncrypted, refusals: 0, user: nil)
    }

    // MARK: the stream header

    /// A stream header, its attributes read.
    package struct Opening: Sendable {
        package var isStreamsNamespace = true
        package var isClientNamespace = true
        /// The served host that the stream is for, prepared; `nil` when it is for none.
        package var host: String?
        package var from: JID?
        package var version: StreamVersion = .current
        /// Whether the host lets streams without version log in by XEP-0078.
        package var isLegacyAuthAllowed = false

        package init() {}
    }

    package enum Offer: Sendable, Equatable {
        /// Features of a stream without a login: STARTTLS and, unless TLS is required first,
        /// mechanisms and registration.
        case login(isTLSOffered: Bool, isTLSRequired: Bool, isEncrypted: Bool)
        /// Features of a stream after login: bind and what comes with it.
        case bind(BareJID)
        /// A stream without version has no features (RFC 6120 §4.3.2).
        case none
    }

    package enum OnStreamOpened: Sendable, Equatable {
        case accept(host: String, Offer)
        /// Send our header, then the error, then close (RFC 6120 §4.9.1.2).
        case refuse(StreamError)
        case ignore
    }

    package mutating func streamOpened(_ opening: Opening) -> OnStreamOpened {
        switch state {
        case .waitForStream(let isEncrypted, let refusals, let user):
            guard let host = opening.host, opening.isStreamsNamespace, opening.isClientNamespace,
                opening.version != .unsupported
            else { return refuseStream(opening) }
            if let from = opening.from, from.bare.domainpart != host {
                return close(StreamError(.invalidFrom))
            }
            if let user {
                guard host == user.domainpart else { return close(StreamError(.hostUnknown)) }
                state = .waitForBind(user)
                return .accept(host: host, .bind(user))
            }
            let login = Login(
                host: host, isEncrypted: isEncrypted, refusals: refusals,
                isLegacyAuthAllowed: opening.isLegacyAuthAllowed)
            if opening.version == .none {
                state = .waitForAuth(login)
                return .accept(host: host, .none)
            }
            state = .waitForFeatureRequest(login)
            return .accept(host: host, offer(login))
        case .closed:
            return .ignore
        case .waitForAuth, .waitForFeatureRequest, .waitForTLS, .waitForSASLResponse, .waitForBind,
            .waitForSession, .sessionEstablished:
            return close(StreamError(.badFormat, "a stream header inside a stream"))
        }
    }

    private mutating func refuseStream(_ opening: Opening) -> OnStreamOpened {
        if !opening.isStreamsNamespace || !opening.isClientNamespace {
            return close(StreamError(.invalidNamespace))
        }
        if opening.version == .unsupported { return close(StreamError(.unsupportedVersion)) }
        return close(StreamError(.hostUnknown))
    }

    private mutating func close(_ error: StreamError) -> OnStreamOpened {
        state = .closed
        return .refuse(error)
    }

    private var isTLSServed: Bool { policy.tls != .unavailable && policy.canStartTLS }

    private func offer(_ login: Login) -> Offer {
        .login(
            isTLSOffered: !login.isEncrypted && isTLSServed,
            isTLSRequired: !login.isEncrypted && policy.tls == .required,
            isEncrypted: login.isEncrypted)
    }

    // MARK: top-level elements that are no stanzas

    package enum Nonza: Sendable, Equatable {
        case startTLS
        case auth
        case response
        case abort
        /// The peer says why it closes (RFC 6120 §4.9).
        case streamError
        case other
    }

    package enum OnNonza: Sendable, Equatable {
        case proceedWithTLS
        /// `<failure/>` of the TLS namespace, then close (RFC 6120 §5.4.2.2).
        case failTLS
        case startSASL
        case continueSASL
        case abortSASL
        case failSASL(SASLFailure)
        case close(StreamError)
        /// The peer is leaving, or has left.
        case end
    }

    package mutating func received(_ nonza: Nonza) -> OnNonza {
        if nonza == .streamError {
            state = .closed
            return .end
        }
        switch state {
        case .waitForFeatureRequest(let login):
            return request(nonza, login)
        case .waitForSASLResponse(let login):
            return answer(nonza, login)
        case .waitForAuth, .waitForBind, .waitForSession, .sessionEstablished:
            return closeFor(nonza)
        case .waitForStream, .waitForTLS:
            state = .closed
            return .close(StreamError(.notAuthorized))
        case .closed:
            return .end
        }
    }

    private mutating func request(_ nonza: Nonza, _ login: Login) -> OnNonza {
        switch nonza {
        case .startTLS:
            if login.isEncrypted || !isTLSServed {
                state = .closed
                return .failTLS
            }
            state = .waitForTLS
            return .proceedWithTLS
        case .auth:
            if policy.tls == .required, !login.isEncrypted {
                return .failSASL(SASLFailure(.encryptionRequired))
            }
            state = .waitForSASLResponse(login)
            return .startSASL
        case .response, .abort:
            return .failSASL(SASLFailure(nonza == .abort ? .aborted : .malformedRequest))
        case .streamError, .other:
            return closeFor(nonza)
        }
    }

    private mutating func answer(_ nonza: Nonza, _ login: Login) -> OnNonza {
        switch nonza {
        case .response:
            return .continueSASL
        case .abort:
            state = .waitForFeatureRequest(login)
            return .abortSASL
        case .auth:
            // A new attempt ends the one under way (RFC 6120 §6.4.2).
            return .startSASL
        case .startTLS, .streamError, .other:
            return closeFor(nonza)
        }
    }

    private mutating func closeFor(_ nonza: Nonza) -> OnNonza {
        state = .closed
        switch nonza {
        case .startTLS, .auth, .response, .abort:
            return .close(StreamError(.policyViolation, "not at this point of the stream"))
        case .other:
            return .close(StreamError(.unsupportedStanzaType))
        case .streamError:
            return .end
        }
    }

    // MARK: login

    package enum OnLogin: Sendable, Equatable {
        /// Send `<success/>` and await a new stream.
        case succeed
        /// Send `<failure/>`; the client may try again.
        case fail(SASLFailure)
        /// Send `<failure/>`, then close with policy-violation (RFC 6120 §6.4.5).
        case failAndClose(SASLFailure)
        /// The stream closed while the account store was busy.
        case ignore
    }

    package mutating func loginSucceeded(_ user: BareJID) -> OnLogin {
        switch state {
        case .waitForSASLResponse(let login):
            state = .waitForStream(
                isEncrypted: login.isEncrypted, refusals: login.refusals, user: user)
            return .succeed
        case .closed:
            return .ignore
        case .waitForStream, .waitForAuth, .waitForFeatureRequest, .waitForTLS, .waitForBind,
            .waitForSession, .sessionEstablished:
            return .ignore
        }
    }

    package mutating func loginRefused(_ failure: SASLFailure) -> OnLogin {
        switch state {
        case .waitForSASLResponse(let login), .waitForAuth(let login):
            let refusals = login.refusals + 1
            guard refusals < policy.refusalsMax else {
                state = .closed
                return .failAndClose(failure)
            }
            var next = login
            next.refusals = refusals
            if case .waitForAuth = state {
                state = .waitForAuth(next)
            } else {
                state = .waitForFeatureRequest(next)
            }
            return .fail(failure)
        case .waitForStream, .waitForFeatureRequest, .waitForTLS, .waitForBind, .waitForSession,
            .sessionEstablished, .closed:
            return .ignore
        }
    }

    /// A stream that has just begun is a guest's, who need not log in; `false` when it must be
    /// encrypted first.
    package mutating func guestEntered(_ user: BareJID) -> Bool {
        switch state {
        case .waitForFeatureRequest(let login), .waitForAuth(let login):
            guard policy.tls != .required || login.isEncrypted else { return false }
            state = .waitForBind(user)
            return true
        case .waitForStream, .waitForTLS, .waitForSASLResponse, .waitForBind, .waitForSession,
            .sessionEstablished, .closed:
            return false
        }
    }

    /// The TLS handshake ended; the client begins a new stream (RFC 6120 §5.4.3.3).
    package mutating func tlsEstablished() {
        switch state {
        case .waitForTLS, .waitForStream:
            state = .waitForStream(isEncrypted: true, refusals: 0, user: nil)
        case .waitForAuth, .waitForFeatureRequest, .waitForSASLResponse, .waitForBind,
            .waitForSession, .sessionEstablished, .closed:
            break
        }
    }

    // MARK: stanzas

    package enum StanzaKind: Sendable, Equatable {
        case bind, session, legacyAuth, registration, other
    }

    package enum OnStanza: Sendable, Equatable {
        case route
        case bind(BareJID)
        case answerSession
        case legacyAuth
        case register
        case refuse(StanzaError)
        case close(StreamError)
        case ignore
    }

    package mutating func received(_ stanza: StanzaKind) -> OnStanza {
        switch state {
        case .sessionEstablished:
            return stanza == .session ? .answerSession : .route
        case .waitForSession(let jid):
            state = .sessionEstablished(jid)
            return stanza == .session ? .answerSession : .route
        case .waitForBind(let user):
            return stanza == .bind ? .bind(user) : .refuse(.notAuthorized)
        case .waitForFeatureRequest(let login):
            if policy.tls == .required, !login.isEncrypted {
                state = .closed
                return .close(StreamError(.policyViolation, "Use of STARTTLS required"))
            }
            if stanza == .registration { return .register }
            state = .closed
            return .close(StreamError(.notAuthorized))
        case .waitForAuth(let login):
            return beforeLegacyAuth(stanza, login)
        case .waitForStream, .waitForTLS, .waitForSASLResponse:
            state = .closed
            return .close(StreamError(.notAuthorized))
        case .closed:
            return .ignore
        }
    }

    private mutating func beforeLegacyAuth(_ stanza: StanzaKind, _ login: Login) -> OnStanza {
        let needsTLS = policy.tls == .required && !login.isEncrypted
        if stanza == .registration, !needsTLS { return .register }
        if stanza == .legacyAuth, login.isLegacyAuthAllowed, !needsTLS { return .legacyAuth }
        state = .closed
        return .close(StreamError(.notAuthorized))
    }

    /// A resource is bound: by RFC 6120 §7, or at once by XEP-0078.
    package mutating func bound(_ jid: FullJID) -> Bool {
        switch state {
        case .waitForBind, .waitForAuth:
            state = .waitForSession(jid)
            return true
        case .waitForStream, .waitForFeatureRequest, .waitForTLS, .waitForSASLResponse,
            .waitForSession, .sessionEstablished, .closed:
            return false
        }
    }

    // MARK: the end

    package mutating func closed() { state = .closed }
}
