import XMPPConfig
import XMPPCore

/// Keeps addresses out that failed to log in too often (`mod_fail2ban`).
///
/// Failures on all transports count together, by IPv4 address or IPv6 /64; the web listeners ask
/// the same table as client streams do.
struct LoginBans: ServerModule {
    static let access = Option<RuleReference>(
        "access", default: .none, "Which addresses are never banned.")
    static let lifetime = Option(
        "c2s_auth_ban_lifetime", default: Duration.seconds(3600),
        in: .seconds(1)...(.seconds(31_536_000)),
        "How long an address is banned, and how long its failures count after the last one.")
    static let failuresMax = Option(
        "c2s_max_auth_failures", default: 20, in: 1...100_000,
        "Failed logins from one IPv4 address or IPv6 /64 that ban it, on all transports together.")
    static let bansLoopback = Option<Bool>(
        "ban_loopback", default: false,
        "Whether addresses of this machine are banned, too: behind them may be everybody who comes"
            + " through a proxy that `trusted_proxies` does not name.")

    static let manifest = Manifest<LoginBans>(
        name: "mod_fail2ban", "Keeps addresses out that failed to log in too often.",
        options: [access, lifetime, failuresMax, bansLoopback],
        hooks: [
            ModuleHook { module, host, owner in
                host.hooks.streamOpening.attach(owner, .screen) { module.ban(of: $0) }
            },
            ModuleHook { module, host, owner in
                host.hooks.loginChecked.attach(owner, .deliver) { module.note($0) }
            },
        ])

    private let bans: AddressBans
    private let rules: AccessControl
    private let exempt: RuleReference
    private let isLoopbackExempt: Bool
    private let limits: AddressBans.Limits
    private let domain: String

    init(_ context: ModuleContext) {
        bans = context.server.bans
        rules = context.access
        domain = context.host.domain
        let options = context.options
        exempt = options[Self.access]
        isLoopbackExempt = !options[Self.bansLoopback]
        limits = AddressBans.Limits(
            failuresMax: options[Self.failuresMax],
            lifetime: max(1, options[Self.lifetime].wholeSeconds))
    }

    private func ban(of session: C2SSession) -> StreamError? {
        guard bans.count > 0, let address = IPAddress(session.peer.address),
            let seconds = bans.secondsLeft(for: address)
        else { return nil }
        return StreamError(
            .policyViolation,
            "too many failed logins from this address; it may come back in \(seconds) seconds")
    }

    private func note(_ login: CheckedLogin) {
        guard let address = login.address else { return }
        if login.isAccepted { return bans.succeeded(address, account: login.account) }
        if isLoopbackExempt, address.isLoopback { return }
        guard !rules.decision(rule: exempt, for: AccessSubject(ip: address), host: domain)
        else { return }
        bans.failed(address, account: login.account, limits: limits)
    }
}
