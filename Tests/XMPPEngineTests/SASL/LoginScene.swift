import XMPPCore

@testable import XMPPEngine

/// One stream of a client, with an account store that answers at once.
struct LoginScene {
    var negotiation: SASLNegotiation
    var accounts: [String: StoredCredentials]
    var disabled: Set<String> = []
    /// Names that guests have.
    var taken: Set<String> = []
    var cache: VerifiedPasswordCache?
    /// The kinds of orders carried out so far.
    private(set) var work: [String] = []

    init(
        policy: SASLPolicy = SASLPolicy(), security: TransportSecurity = .encrypted,
        accounts: [String: StoredCredentials] = [:]
    ) throws {
        negotiation = SASLNegotiation(
            host: try address("example.com"), policy: policy, security: security,
            decoys: DecoyCredentials(secret: Array(repeating: 7, count: 32)))
        self.accounts = accounts
    }

    mutating func start(
        _ mechanism: String, _ message: String?, nonce: String = "servernonce"
    ) -> SASLNegotiation.Order {
        let text = message.map { $0.isEmpty ? "=" : Base64.encode($0.utf8) }
        return settle(
            negotiation.start(mechanism: mechanism, initialResponse: text, nonce: nonce))
    }

    mutating func respond(_ message: String) -> SASLNegotiation.Order {
        settle(negotiation.respond(Base64.encode(message.utf8)))
    }

    /// Does what the store and the pool have to do, until the client's turn comes.
    private mutating func settle(_ order: SASLNegotiation.Order) -> SASLNegotiation.Order {
        switch order {
        case .lookUp(let account, _, let attempt):
            work.append("look up")
            let found = accounts[account.text]
            return settle(
                negotiation.credentialsLoaded(
                    found, isDisabled: disabled.contains(account.text), for: attempt))
        case .verifyPassword(let check, let attempt):
            work.append("verify \(rounds(check.credentials))")
            let isRight = check.run(cache: cache, now: .now)
            return settle(negotiation.passwordVerified(isRight, for: attempt))
        case .deriveKeys(let derivation, let attempt):
            work.append("derive \(derivation.iterations)")
            return settle(negotiation.keysDerived(derivation.run(), for: attempt))
        case .admit(let name, let attempt):
            work.append("admit")
            return negotiation.guestAdmitted(!taken.contains(name.text), for: attempt)
        case .challenge, .succeed, .fail, .ignore:
            return order
        }
    }

    private func rounds(_ credentials: StoredCredentials) -> [Int] {
        switch credentials {
        case .plain: []
        case .scram(let sets): sets.map(\.iterations)
        }
    }
}

extension TransportSecurity {
    static let encrypted = TransportSecurity(isEncrypted: true)

    static let bindable = TransportSecurity(
        isEncrypted: true,
        channelBindings: [.tlsExporter: Array(1...32), .tlsServerEndPoint: Array(101...132)])
}

extension SASLNegotiation.Order {
    static func fail(_ condition: SASLFailure.Condition) -> Self { .fail(SASLFailure(condition)) }

    var condition: SASLFailure.Condition? {
        guard case .fail(let failure) = self else { return nil }
        return failure.condition
    }

    /// The text of a challenge; `nil` for other orders.
    var challenge: String? {
        guard case .challenge(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The address logged in; `nil` for other orders.
    var account: String? {
        guard case .succeed(let identity, _) = self else { return nil }
        return identity.account.text
    }
}

/// A text in a test that ought to be right is not.
struct BadFixture: Error {
    let text: String
}

func address(_ text: String) throws -> BareJID {
    guard let address = BareJID(text) else { throw BadFixture(text: text) }
    return address
}

func password(_ text: String) throws -> PreparedPassword {
    guard let password = PreparedPassword(text) else { throw BadFixture(text: text) }
    return password
}

func keys(
    of text: String, _ hash: HashFunction, salt: String = "W22ZaJ0SNY7soEsUEjb6gQ==",
    iterations: Int = 4096
) throws -> SCRAMKeys {
    guard let salt = Base64.decode(salt) else { throw BadFixture(text: salt) }
    return SCRAMKeys(
        password: try password(text), hash: hash, salt: salt, iterations: iterations)
}

func credentials(of text: String, policy: PasswordPolicy = PasswordPolicy()) throws
    -> StoredCredentials
{
    PasswordHasher.derive(try password(text), policy: policy)
}
