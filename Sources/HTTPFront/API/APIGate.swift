import XMPPConfig
import XMPPCore
import XMPPEngine
import XMPPStorage

/// Finds out who calls the API and whether they may (`api_permissions`).
struct APIGate: Sendable {
    let server: Server

    /// Who sent a request, as far as its head tells.
    struct Visitor: Sendable {
        let credentials: APICredentials
        let address: IPAddress?
        /// As logs and the throttle name it.
        let addressText: String
        let isLoopback: Bool
        /// Whether the request names this server by a name a web page of others cannot have.
        let isNamedRight: Bool
    }

    /// A caller who is let in as far as the door.
    struct Guest: Sendable {
        let caller: CommandCaller
        let permission: APIPermissions.Caller
    }

    // MARK: who

    /// Checks the credentials; without any the caller is a stranger, who may still do something.
    func guest(_ visitor: Visitor) async throws(APIError) -> Guest {
        switch visitor.credentials {
        case .none: return try stranger(visitor)
        case .malformed:
            throw .unauthorized("the Authorization field is neither Bearer nor Basic")
        case .bearer(let text): return try await holder(of: text, visitor)
        case .basic(let account, let password):
            let credentials = try await check(account, password, visitor)
            return Guest(
                caller: CommandCaller(
                    name: account.text, account: account, credentials: credentials,
                    address: visitor.addressText),
                permission: APIPermissions.Caller(
                    subject: AccessSubject(account, ip: visitor.address),
                    isLoopback: visitor.isLoopback))
        }
    }

    /// A browser on this machine may be made to call by a page whose name leads here.
    private func stranger(_ visitor: Visitor) throws(APIError) -> Guest {
        guard visitor.isNamedRight || !visitor.isLoopback else {
            throw APIError(.forbidden, "the Host field names another server")
        }
        return Guest(
            caller: CommandCaller(name: "anonymous", address: visitor.addressText),
            permission: APIPermissions.Caller(
                subject: AccessSubject(ip: visitor.address), isLoopback: visitor.isLoopback))
    }

    private func holder(of text: String, _ visitor: Visitor) async throws(APIError) -> Guest {
        guard let token = try await stored({ try await server.tokens.token(text) }),
            let scope = CommandSelection(token.scopes),
            let host = server.hosts[token.owner.domainpart],
            let record = try await stored({ try await host.loginRecord(of: token.owner) })
        else {
            server.loginChecked(
                isAccepted: false, account: nil, domain: nil, address: visitor.address)
            throw .unauthorized("the token is unknown or expired", isTokenWrong: true)
        }
        guard !record.isDisabled else {
            throw APIError(.forbidden, "the token's account is disabled")
        }
        return Guest(
            caller: CommandCaller(
                name: token.owner.text, account: token.owner, token: token.id, scope: scope,
                address: visitor.addressText),
            permission: APIPermissions.Caller(
                subject: AccessSubject(token.owner, ip: visitor.address),
                isLoopback: visitor.isLoopback, scope: scope))
    }

    private func check(
        _ account: BareJID, _ password: String, _ visitor: Visitor
    ) async throws(APIError) -> StoredCredentials? {
        let address = visitor.addressText
        if let wait = server.logins.begin(address: address, account: account.text) {
            throw APIError(
                .tooManyRequests,
                "too many wrong passwords, or too many at a time; try again later",
                fields: [HTTPField("Retry-After", wait.retryAfter)])
        }
        let outcome: PasswordLogin.Outcome
        let credentials: StoredCredentials?
        do throws(APIError) {
            (outcome, credentials) = try await verify(account, password)
        } catch {
            server.logins.end(address: address, account: account.text, .undecided)
            throw error
        }
        let isRight = outcome != .refused
        server.logins.end(
            address: address, account: account.text, isRight ? .accepted : .refused)
        server.loginChecked(
            isAccepted: isRight, account: account.text, domain: account.domainpart,
            address: visitor.address)
        switch outcome {
        case .accepted: return credentials
        case .disabled: throw APIError(.forbidden, "the account is disabled")
        case .refused: throw .unauthorized("wrong account or password")
        }
    }

    private func verify(
        _ account: BareJID, _ password: String
    ) async throws(APIError) -> (PasswordLogin.Outcome, StoredCredentials?) {
        guard let host = server.hosts[account.domainpart] else { return (.refused, nil) }
        return try await stored {
            try await PasswordLogin(host).prove(account, password: password)
        }
    }

    private func stored<Value>(
        _ work: () async throws -> Value
    ) async throws(APIError) -> Value {
        do {
            return try await work()
        } catch {
            throw .later("credentials cannot be checked just now", seconds: 5)
        }
    }

    // MARK: what

    /// Refuses what no permission gives; strangers are asked who they are.
    func admit(_ guest: Guest, to command: String, tag: CommandTag) throws(APIError) {
        let configuration = server.configuration
        let isAllowed = configuration.options[ServerOption.apiPermissions].allow(
            command, tag: tag.name, to: guest.permission, from: .http, by: configuration.access)
        guard !isAllowed else { return }
        guard guest.caller.account != nil else {
            throw .unauthorized("who are you? Come with a token, or an account and its password")
        }
        throw APIError(.forbidden, "\(guest.caller.name) may not do this")
    }
}

extension APIGate.Visitor {
    init(_ exchange: Exchange, hosts: HostTable) {
        let facts = PeerFacts(exchange)
        credentials =
            exchange.fields("Authorization").count > 1
            ? .malformed : APICredentials(exchange.field("Authorization"))
        isLoopback = facts.isLoopback
        // Whoever comes through a proxy that is not trusted may be anywhere.
        let isHidden = exchange.peer.isLoopback && !facts.isLoopback
        address =
            exchange.peer.isLocal
            ? (isHidden ? nil : IPAddress("127.0.0.1"))
            : (isHidden ? nil : IPAddress(facts.address))
        addressText = facts.address.isEmpty ? "unix" : facts.address
        let host = exchange.host ?? ""
        isNamedRight =
            host == "localhost" || host.hasPrefix("[") || IPAddress(host) != nil
            || hosts[host] != nil
    }
}
