import Testing
import XMPPCore

@testable import XMPPEngine

/// Brings a machine into each of its states by the events that lead there.
enum ReachedState: String, CaseIterable, Sendable {
    case waitForStream, waitForAuth, waitForFeatureRequest, waitForTLS, waitForSASLResponse
    case waitForStreamAfterLogin, waitForBind, waitForSession, sessionEstablished, closed

    static func opening(
        version: StreamVersion = .current, host: String? = "example.com",
        allowsLegacyAuth: Bool = true
    ) -> C2SStateMachine.Opening {
        var opening = C2SStateMachine.Opening()
        opening.host = host
        opening.version = version
        opening.isLegacyAuthAllowed = allowsLegacyAuth
        return opening
    }

    func machine(
        _ policy: C2SStateMachine.Policy = .init(tls: .optional)
    ) throws -> C2SStateMachine {
        var machine = C2SStateMachine(policy: policy, isEncrypted: false)
        let account = try #require(BareJID("romeo@example.com"))
        let full = try #require(FullJID("romeo@example.com/orchard"))
        if self == .waitForStream { return machine }
        if self == .waitForAuth {
            _ = machine.streamOpened(Self.opening(version: .none))
            return machine
        }
        _ = machine.streamOpened(Self.opening())
        if self == .waitForFeatureRequest { return machine }
        if self == .closed {
            machine.closed()
            return machine
        }
        if self == .waitForTLS {
            _ = machine.received(.startTLS)
            return machine
        }
        _ = machine.received(.auth)
        if self == .waitForSASLResponse { return machine }
        _ = machine.loginSucceeded(account)
        if self == .waitForStreamAfterLogin { return machine }
        _ = machine.streamOpened(Self.opening())
        if self == .waitForBind { return machine }
        _ = machine.bound(full)
        if self == .waitForSession { return machine }
        _ = machine.received(C2SStateMachine.StanzaKind.other)
        return machine
    }
}

@Suite("Client stream states · RFC 6120 §4–7")
struct C2SStateMachineTests {
    typealias Machine = C2SStateMachine

    @Test(
        "A guest enters a stream that has begun, and no other", arguments: ReachedState.allCases)
    func guest(reached: ReachedState) throws {
        let guest = try #require(BareJID("guest@example.com"))
        var machine = try reached.machine()
        let before = machine.state
        let isIn = machine.guestEntered(guest)
        #expect(isIn == [.waitForFeatureRequest, .waitForAuth].contains(reached))
        #expect(machine.state == (isIn ? .waitForBind(guest) : before))
        var strict = try reached.machine(.init(tls: .required))
        let isInUnencrypted = strict.guestEntered(guest)
        #expect(!isInUnencrypted)
    }

    @Test("Every state is reached by the events that lead there", arguments: ReachedState.allCases)
    func states(state: ReachedState) throws {
        let machine = try state.machine()
        let name = String(describing: machine.state).prefix { $0 != "(" }
        let expected = state == .waitForStreamAfterLogin ? "waitForStream" : state.rawValue
        #expect(String(name) == expected)
    }

    // MARK: headers

    @Test(
        "A stream header is taken where one is due and an error elsewhere",
        arguments: ReachedState.allCases)
    func header(state: ReachedState) throws {
        var machine = try state.machine()
        let answer = machine.streamOpened(ReachedState.opening())
        switch state {
        case .waitForStream:
            #expect(
                answer
                    == .accept(
                        host: "example.com",
                        .login(isTLSOffered: true, isTLSRequired: false, isEncrypted: false)))
        case .waitForStreamAfterLogin:
            let account = try #require(BareJID("romeo@example.com"))
            #expect(answer == .accept(host: "example.com", .bind(account)))
        case .closed:
            #expect(answer == .ignore)
        default:
            guard case .refuse(let error) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect(error.condition == .badFormat)
            #expect(machine.state == .closed)
        }
    }

    static let badHeaders: [(String, StreamError.Condition)] = [
        ("namespace", .invalidNamespace), ("content", .invalidNamespace), ("host", .hostUnknown),
        ("version", .unsupportedVersion), ("from", .invalidFrom),
    ]

    @Test("A bad stream header closes the stream with its error (§4.9.3)", arguments: badHeaders)
    func badHeader(what: String, condition: StreamError.Condition) throws {
        for state in [ReachedState.waitForStream, .waitForStreamAfterLogin] {
            var machine = try state.machine()
            var opening = ReachedState.opening()
            switch what {
            case "namespace": opening.isStreamsNamespace = false
            case "content": opening.isClientNamespace = false
            case "host": opening.host = nil
            case "version": opening.version = .unsupported
            default: opening.from = JID("romeo@elsewhere.example")
            }
            guard case .refuse(let error) = machine.streamOpened(opening) else {
                Issue.record("accepted a bad \(what)")
                continue
            }
            #expect(error.condition == condition)
            #expect(machine.state == .closed)
        }
    }

    @Test("After login the stream must stay with its host")
    func otherHostAfterLogin() throws {
        var machine = try ReachedState.waitForStreamAfterLogin.machine()
        let answer = machine.streamOpened(ReachedState.opening(host: "b.example"))
        #expect(answer == .refuse(StreamError(.hostUnknown)))
    }

    @Test(
        "Versions are read as §4.7.5 has them",
        arguments: [
            (nil, .none), ("1.0", .current), ("1.1", .current), ("2.0", .current), ("0.9", .none),
            ("01.0", .current), ("", .unsupported), ("1", .unsupported), ("x.y", .unsupported),
            ("-1.0", .unsupported), ("1.0.0", .unsupported), ("99999999.0", .unsupported),
        ] as [(String?, StreamVersion)])
    func versions(text: String?, version: StreamVersion) {
        #expect(StreamVersion(text) == version)
    }

    // MARK: elements

    static let elements: [Machine.Nonza] = [
        .startTLS, .auth, .response, .abort, .streamError, .other,
    ]

    @Test("Every element in every state has its answer", arguments: ReachedState.allCases, elements)
    func element(state: ReachedState, nonza: Machine.Nonza) throws {
        var machine = try state.machine()
        let answer = machine.received(nonza)
        if nonza == .streamError {
            #expect(answer == .end)
            #expect(machine.state == .closed)
            return
        }
        switch (state, nonza) {
        case (.closed, _): #expect(answer == .end)
        case (.waitForFeatureRequest, .startTLS):
            #expect(answer == .proceedWithTLS)
            #expect(machine.state == .waitForTLS)
        case (.waitForFeatureRequest, .auth), (.waitForSASLResponse, .auth):
            #expect(answer == .startSASL)
        case (.waitForFeatureRequest, .response):
            #expect(answer == .failSASL(SASLFailure(.malformedRequest)))
        case (.waitForFeatureRequest, .abort):
            #expect(answer == .failSASL(SASLFailure(.aborted)))
        case (.waitForSASLResponse, .response): #expect(answer == .continueSASL)
        case (.waitForSASLResponse, .abort): #expect(answer == .abortSASL)
        default:
            guard case .close(let error) = answer else {
                Issue.record("\(answer)")
                return
            }
            let expected: Set<StreamError.Condition> = [
                .policyViolation, .unsupportedStanzaType, .notAuthorized,
            ]
            #expect(expected.contains(error.condition))
            #expect(machine.state == .closed)
        }
    }

    @Test("§5.4.2.2: STARTTLS that is not on offer fails and closes")
    func tlsNotOffered() throws {
        var machine = try ReachedState.waitForFeatureRequest.machine(.init(tls: .unavailable))
        #expect(machine.received(.startTLS) == .failTLS)
        #expect(machine.state == .closed)
    }

    @Test("§6.5.4: a login before required TLS is refused, and may be tried again under TLS")
    func loginBeforeTLS() throws {
        var machine = try ReachedState.waitForFeatureRequest.machine(.init(tls: .required))
        #expect(machine.received(.auth) == .failSASL(SASLFailure(.encryptionRequired)))
        #expect(machine.received(.startTLS) == .proceedWithTLS)
        machine.tlsEstablished()
        let answer = machine.streamOpened(ReachedState.opening())
        #expect(
            answer
                == .accept(
                    host: "example.com",
                    .login(isTLSOffered: false, isTLSRequired: false, isEncrypted: true)))
        #expect(machine.received(.startTLS) == .failTLS)
    }

    // MARK: login

    @Test("§6.4.5: refused logins may be repeated up to the limit, then the stream closes")
    func refusals() throws {
        var machine = try ReachedState.waitForFeatureRequest.machine(.init(refusalsMax: 3))
        let failure = SASLFailure(.notAuthorized)
        for _ in 0..<2 {
            #expect(machine.received(.auth) == .startSASL)
            #expect(machine.loginRefused(failure) == .fail(failure))
        }
        #expect(machine.received(.auth) == .startSASL)
        #expect(machine.loginRefused(failure) == .failAndClose(failure))
        #expect(machine.state == .closed)
    }

    @Test("Login results count only where a login is under way", arguments: ReachedState.allCases)
    func lateResults(state: ReachedState) throws {
        let account = try #require(BareJID("romeo@example.com"))
        var machine = try state.machine()
        let before = machine.state
        let succeeded = machine.loginSucceeded(account)
        #expect((succeeded == .succeed) == (state == .waitForSASLResponse))
        if state != .waitForSASLResponse { #expect(machine.state == before) }
        var other = try state.machine()
        let refused = other.loginRefused(SASLFailure(.notAuthorized))
        let counts = state == .waitForSASLResponse || state == .waitForAuth
        #expect((refused == .ignore) == !counts)
    }

    // MARK: stanzas

    static let stanzas: [Machine.StanzaKind] = [
        .bind, .session, .legacyAuth, .registration, .other,
    ]

    @Test("Every stanza in every state has its answer", arguments: ReachedState.allCases, stanzas)
    func stanza(state: ReachedState, kind: Machine.StanzaKind) throws {
        let account = try #require(BareJID("romeo@example.com"))
        var machine = try state.machine()
        let answer = machine.received(kind)
        switch (state, kind) {
        case (.closed, _): #expect(answer == .ignore)
        case (.waitForSession, .session), (.sessionEstablished, .session):
            #expect(answer == .answerSession)
        case (.waitForSession, _), (.sessionEstablished, _): #expect(answer == .route)
        case (.waitForBind, .bind): #expect(answer == .bind(account))
        case (.waitForBind, _): #expect(answer == .refuse(.notAuthorized))
        case (.waitForFeatureRequest, .registration), (.waitForAuth, .registration):
            #expect(answer == .register)
        case (.waitForAuth, .legacyAuth): #expect(answer == .legacyAuth)
        default:
            #expect(answer == .close(StreamError(.notAuthorized)))
            #expect(machine.state == .closed)
        }
    }

    @Test("A stanza before required TLS closes the stream with policy-violation")
    func stanzaBeforeTLS() throws {
        var machine = try ReachedState.waitForFeatureRequest.machine(.init(tls: .required))
        guard case .close(let error) = machine.received(Machine.StanzaKind.registration) else {
            Issue.record("not closed")
            return
        }
        #expect(error.condition == .policyViolation)
    }

    @Test("XEP-0078 stays out unless allowed")
    func legacyOff() throws {
        var machine = try ReachedState.waitForStream.machine()
        _ = machine.streamOpened(ReachedState.opening(version: .none, allowsLegacyAuth: false))
        #expect(machine.received(.legacyAuth) == .close(StreamError(.notAuthorized)))
    }

    @Test("XEP-0078 may be tried again after a wrong password, until it is too often")
    func legacyAgain() throws {
        var machine = try ReachedState.waitForAuth.machine(.init(refusalsMax: 3))
        let failure = SASLFailure(.notAuthorized)
        for _ in 1...2 {
            #expect(machine.received(.legacyAuth) == .legacyAuth)
            #expect(machine.loginRefused(failure) == .fail(failure))
        }
        #expect(machine.received(.legacyAuth) == .legacyAuth)
        #expect(machine.loginRefused(failure) == .failAndClose(failure))
    }

    @Test(
        "§5.4.2.2: without a certificate STARTTLS is not offered and fails",
        arguments: [Machine.Policy.TLS.optional, .required])
    func noCertificate(tls: Machine.Policy.TLS) throws {
        let policy = Machine.Policy(tls: tls, canStartTLS: false)
        var machine = Machine(policy: policy, isEncrypted: false)
        let offer = Machine.Offer.login(
            isTLSOffered: false, isTLSRequired: tls == .required, isEncrypted: false)
        #expect(
            machine.streamOpened(ReachedState.opening())
                == .accept(host: "example.com", offer))
        #expect(machine.received(.startTLS) == .failTLS)
        #expect(machine.state == .closed)
    }

    @Test("Binding counts only where it is due", arguments: ReachedState.allCases)
    func binding(state: ReachedState) throws {
        let full = try #require(FullJID("romeo@example.com/orchard"))
        var machine = try state.machine()
        let isDue = state == .waitForBind || state == .waitForAuth
        #expect(machine.bound(full) == isDue)
        if isDue { #expect(machine.jid == full) }
    }

    @Test("Limits widen only after login", arguments: ReachedState.allCases)
    func authenticated(state: ReachedState) throws {
        let isIn: Set<ReachedState> = [
            .waitForStreamAfterLogin, .waitForBind, .waitForSession, .sessionEstablished,
        ]
        #expect(try state.machine().isAuthenticated == isIn.contains(state))
    }
}
