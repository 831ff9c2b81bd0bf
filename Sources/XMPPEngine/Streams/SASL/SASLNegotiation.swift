import XMPPCore

/// How far a client has come in logging in to a stream (RFC 4422, RFC 6120 §6).
///
/// Guarded by the event loop of its stream. Make a new one after STARTTLS. Counting refused
/// attempts is for its owner. Texts are as on the wire: base 64, `=` for an empty message.
package struct SASLNegotiation {
    /// What the owner has to do.
    package enum Order: Hashable, Sendable {
        /// Send `<challenge/>` with these bytes in base 64.
        case challenge([UInt8])
        /// Fetch the account's credentials, then call ``credentialsLoaded(_:for:)``.
        case lookUp(BareJID, for: SASLMechanism, SASLAttempt)
        /// Run the check off the loop, then call ``passwordVerified(_:for:)``.
        case verifyPassword(PasswordCheck, SASLAttempt)
        /// Reserve the name for a guest, then call ``guestAdmitted(_:for:)``.
        case admit(BareJID, SASLAttempt)
        /// Run the derivation off the loop, then call ``keysDerived(_:for:)``.
        case deriveKeys(KeyDerivation, SASLAttempt)
        /// Send `<success/>`, with the data in base 64 when there are any.
        case succeed(SASLIdentity, additionalData: [UInt8]?)
        /// Send `<failure/>`; the client may start again.
        case fail(SASLFailure)
        /// Nothing: the attempt ended while a store was busy.
        case ignore
    }

    private enum State {
        case idle
        case awaitingFirstMessage(SASLMechanism, nonce: String)
        case lookingUp(BareJID, PendingLogin)
        case checkingPassword(BareJID, isKnown: Bool)
        case derivingKeys(BareJID, SCRAMRequest, isKnown: Bool)
        case admitting(BareJID)
        case awaitingProof(BareJID, SCRAMExchange)
        case succeeded
    }

    /// A login that waits for the credentials of its account.
    private enum PendingLogin {
        case external
        case plain(PreparedPassword)
        case scram(SCRAMRequest)
    }

    private struct SCRAMRequest {
        let first: SCRAMClientFirst
        let hash: HashFunction
        let nonce: String
        let bindingData: [UInt8]
    }

    /// Longest message read, in bytes of base 64.
    package static let messageBytesMax = 8192

    /// What the stream features list.
    package var offer: MechanismOffer { rules.offer }

    private let rules: LoginRules
    private let passwords: PasswordPolicy
    /// Whether accounts have passwords that count.
    private let usesAccounts: Bool
    /// Whether a name without an account is a guest's.
    private let admitsAnyName: Bool
    private let decoys: DecoyCredentials
    private var attempt = SASLAttempt()
    private var state = State.idle
    /// Whether the account that was looked up last may not log in.
    private var isDisabled = false

    /// Begins with nobody logged in.
    ///
    /// - Parameters:
    ///   - host: The served domain that the stream is addressed to.
    ///   - policy: Its configuration.
    ///   - security: The connection under the stream.
    ///   - decoys: Stand in for accounts that do not exist.
    package init(
        host: BareJID, policy: SASLPolicy, security: TransportSecurity, decoys: DecoyCredentials
    ) {
        rules = LoginRules(
            host: host, security: security,
            offer: MechanismOffer(policy: policy, security: security, host: host))
        passwords = policy.passwords
        usesAccounts = policy.offersPasswords
        admitsAnyName = policy.admitsAnyName
        self.decoys = decoys
    }

    /// The client sent `<auth/>`; an attempt under way ends without an answer.
    ///
    /// - Parameters:
    ///   - mechanism: The name as it was sent.
    ///   - initialResponse: The element's text; `nil` or empty: the client waits for a challenge.
    ///   - nonce: At least 18 random bytes in base 64, never used before.
    /// - Returns: What to do next; never `ignore`.
    package mutating func start(
        mechanism: String, initialResponse: String?, nonce: String
    ) -> Order {
        if case .succeeded = state { return .fail(Self.outOfTurn) }
        attempt = attempt.next
        return advance { negotiation throws(SASLFailure) in
            let mechanism = try negotiation.offer.mechanism(named: mechanism)
            guard let initialResponse, !initialResponse.isEmpty else {
                negotiation.state = .awaitingFirstMessage(mechanism, nonce: nonce)
                return .challenge([])
            }
            let message = try Self.decode(initialResponse)
            return try negotiation.begin(mechanism, message, nonce: nonce)
        }
    }

    /// The client sent `<response/>`; an empty text is an empty message.
    package mutating func respond(_ text: String) -> Order {
        advance { negotiation throws(SASLFailure) in
            let message = try Self.decode(text)
            switch negotiation.state {
            case .awaitingFirstMessage(let mechanism, let nonce):
                return try negotiation.begin(mechanism, message, nonce: nonce)
            case .awaitingProof(let account, let exchange):
                let verifier = try exchange.finish(message)
                return negotiation.succeed(account, additionalData: verifier)
            case .idle, .lookingUp, .checkingPassword, .derivingKeys, .admitting, .succeeded:
                throw Self.outOfTurn
            }
        }
    }

    /// The client sent `<abort/>` (RFC 6120 §6.4.4).
    package mutating func abort() -> Order {
        fail(SASLFailure(.aborted))
    }

    /// The store has answered; `nil` when there is no such account.
    ///
    /// A disabled account hears `account-disabled` once it has proven who it is.
    package mutating func credentialsLoaded(
        _ credentials: StoredCredentials?, isDisabled: Bool = false, for attempt: SASLAttempt
    ) -> Order {
        guard attempt == self.attempt, case .lookingUp(let account, let request) = state else {
            return .ignore
        }
        self.isDisabled = isDisabled
        let decoy = decoys.credentials(of: account, policy: passwords)
        switch request {
        case .external:
            guard credentials != nil else { return fail(SASLFailure(.notAuthorized)) }
            return succeed(account, additionalData: nil)
        case .plain(let password):
            if admitsAnyName, credentials == nil {
                state = .admitting(account)
                return .admit(account, attempt)
            }
            guard usesAccounts else { return fail(SASLFailure(.notAuthorized)) }
            state = .checkingPassword(account, isKnown: credentials != nil)
            let check = PasswordCheck(
                account: account, password: password, credentials: credentials ?? decoy)
            return .verifyPassword(check, attempt)
        case .scram(let request):
            return challenge(account, request, credentials, decoy)
        }
    }

    /// The store could not answer: `temporary-auth-failure`.
    package mutating func lookUpFailed(for attempt: SASLAttempt) -> Order {
        guard attempt == self.attempt else { return .ignore }
        switch state {
        case .lookingUp, .admitting: return fail(SASLFailure(.temporaryAuthFailure))
        case .idle, .awaitingFirstMessage, .checkingPassword, .derivingKeys, .awaitingProof,
            .succeeded:
            return .ignore
        }
    }

    /// The name was reserved for the guest, or is somebody's.
    package mutating func guestAdmitted(_ isFree: Bool, for attempt: SASLAttempt) -> Order {
        guard attempt == self.attempt, case .admitting(let account) = state else {
            return .ignore
        }
        guard isFree else { return fail(SASLFailure(.notAuthorized)) }
        return succeed(account, isAnonymous: true, additionalData: nil)
    }

    /// The password was checked.
    package mutating func passwordVerified(_ isRight: Bool, for attempt: SASLAttempt) -> Order {
        guard attempt == self.attempt, case .checkingPassword(let account, let isKnown) = state
        else { return .ignore }
        guard isRight, isKnown else { return fail(SASLFailure(.notAuthorized)) }
        return succeed(account, additionalData: nil)
    }

    /// The keys were derived.
    package mutating func keysDerived(_ keys: SCRAMKeys, for attempt: SASLAttempt) -> Order {
        guard attempt == self.attempt,
            case .derivingKeys(let account, let request, let isKnown) = state
        else { return .ignore }
        return challenge(account, request, keys, isKnown: isKnown)
    }
}

extension SASLNegotiation {
    private static var outOfTurn: SASLFailure {
        SASLFailure(.malformedRequest, "Nothing was to be answered")
    }

    /// Lets a step of the client's go through, or ends the attempt with the step's failure.
    private mutating func advance(
        _ step: (inout SASLNegotiation) throws(SASLFailure) -> Order
    ) -> Order {
        do {
            return try step(&self)
        } catch {
            return fail(error)
        }
    }

    private mutating func fail(_ failure: SASLFailure) -> Order {
        switch state {
        case .succeeded: break
        case .idle, .awaitingFirstMessage, .lookingUp, .checkingPassword, .derivingKeys,
            .admitting, .awaitingProof:
            state = .idle
        }
        return .fail(failure)
    }

    private mutating func succeed(
        _ account: BareJID, isAnonymous: Bool = false, additionalData: [UInt8]?
    ) -> Order {
        guard isAnonymous || !isDisabled else { return fail(SASLFailure(.accountDisabled)) }
        state = .succeeded
        let identity = SASLIdentity(account: account, isAnonymous: isAnonymous)
        return .succeed(identity, additionalData: additionalData)
    }

    private mutating func lookUp(
        _ account: BareJID, for mechanism: SASLMechanism, _ request: PendingLogin
    ) -> Order {
        state = .lookingUp(account, request)
        return .lookUp(account, for: mechanism, attempt)
    }

    /// Reads a message off the wire (RFC 6120 §6.4.2, §6.4.3).
    private static func decode(_ text: String) throws(SASLFailure) -> [UInt8] {
        guard text.utf8.count <= messageBytesMax else {
            throw SASLFailure(.malformedRequest, "The message is too long")
        }
        guard text != "=" else { return [] }
        guard let message = Base64.decode(text) else { throw SASLFailure(.incorrectEncoding) }
        return message
    }

    /// Takes the client's first message.
    private mutating func begin(
        _ mechanism: SASLMechanism, _ message: [UInt8], nonce: String
    ) throws(SASLFailure) -> Order {
        switch mechanism {
        case .external:
            let account = try rules.certifiedAccount(authzid: message)
            return lookUp(account, for: mechanism, .external)
        case .scram(let hash, let bound):
            let first = try SCRAMClientFirst(message)
            let request = SCRAMRequest(
                first: first, hash: hash, nonce: nonce,
                bindingData: try rules.bindingData(for: first.binding, bound: bound))
            let account = try rules.account(named: first.username, authzid: first.authzid)
            return lookUp(account, for: mechanism, .scram(request))
        case .plain:
            let plain = try PlainMessage(message)
            let account = try rules.account(
                named: plain.username, authzid: plain.authzid.isEmpty ? nil : plain.authzid)
            guard let password = PreparedPassword(plain.password) else {
                throw SASLFailure(.notAuthorized)
            }
            return lookUp(account, for: mechanism, .plain(password))
        case .anonymous:
            try LoginRules.checkTrace(message)
            return succeed(
                try rules.temporaryAccount(nonce), isAnonymous: true, additionalData: nil)
        }
    }
}

extension SASLNegotiation {
    /// Answers a SCRAM client's first message, or has the keys made for that.
    private mutating func challenge(
        _ account: BareJID, _ request: SCRAMRequest, _ credentials: StoredCredentials?,
        _ decoy: StoredCredentials
    ) -> Order {
        switch credentials ?? decoy {
        case .plain(let password):
            state = .derivingKeys(account, request, isKnown: credentials != nil)
            let derivation = KeyDerivation(
                password: password, hash: request.hash,
                salt: decoys.salt(of: account, hash: request.hash),
                iterations: passwords.iterations)
            return .deriveKeys(derivation, attempt)
        case .scram(let sets):
            let decoyKeys = decoys.keys(
                of: account, hash: request.hash, iterations: passwords.iterations)
            // An account without keys for this mechanism looks like none.
            let keys = sets.first { $0.hash == request.hash }
            let isKnown = credentials != nil && keys != nil
            return challenge(account, request, keys ?? decoyKeys, isKnown: isKnown)
        }
    }

    private mutating func challenge(
        _ account: BareJID, _ request: SCRAMRequest, _ keys: SCRAMKeys, isKnown: Bool
    ) -> Order {
        let exchange = SCRAMExchange(
            request.first, keys: keys, isKnown: isKnown, serverNonce: request.nonce,
            bindingData: request.bindingData)
        state = .awaitingProof(account, exchange)
        return .challenge(exchange.serverFirst)
    }
}
