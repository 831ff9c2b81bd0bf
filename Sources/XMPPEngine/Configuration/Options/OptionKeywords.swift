/// How much is logged, from nothing to everything.
package enum LogLevel: String, OptionKeyword {
    case none, emergency, alert, critical, error, warning, notice, info, debug

    /// A level by name, or by ejabberd's numbers; `nil` for anything else.
    package init?(text: String) {
        let numbered: [String: LogLevel] = [
            "0": .none, "1": .critical, "2": .error, "3": .warning, "4": .info, "5": .debug,
        ]
        guard let level = numbered[text] ?? LogLevel(rawValue: text) else { return nil }
        self = level
    }

    /// Reads a level, or ejabberd's numbers 0 (nothing) to 5 (everything).
    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> LogLevel? {
        if let level = node.text.flatMap({ LogLevel(text: $0) }) { return level }
        reader.fail(
            node, "expected one of \(typeName), found \(node.kind)",
            suggestion: node.text.flatMap { NearestName.to($0, among: allCases.map(\.rawValue)) })
        return nil
    }
}

/// A way to check who logs in.
package enum AuthMethod: String, OptionKeyword {
    /// Accounts in the server's own store; the two names of ejabberd mean the same here.
    case sql, mnesia, `internal`
    /// No account: a random address for the time of a session (RFC 4505).
    case anonymous

    /// Whether accounts of the server's store may log in.
    package var usesAccounts: Bool { self != .anonymous }
}

/// How those get in who have no account.
package enum AnonymousProtocol: String, OptionKeyword {
    /// By SASL ANONYMOUS, under a random address.
    case sasl = "sasl_anon"
    /// Under any name that nobody has, with whatever password.
    case login = "login_anon"
    case both
}

/// How passwords are kept.
package enum PasswordFormat: String, OptionKeyword {
    case plain, scram
}

/// The hash of new SCRAM keys (RFC 5802, RFC 7677).
package enum SCRAMHash: String, OptionKeyword {
    case sha, sha256, sha512
}

/// What happens when a client asks for a resource that is in use (RFC 6120 §7.7.2.2).
package enum ResourceConflict: String, OptionKeyword {
    case setResource = "setresource"
    case closeOld = "closeold"
    case closeNew = "closenew"
    /// As `closeold`.
    case acceptNew = "acceptnew"
}

/// Where data is kept when a module does not say otherwise; one store bears both names.
package enum DefaultDatabase: String, OptionKeyword {
    case sql, mnesia
}

/// The database behind the store.
package enum SQLType: String, OptionKeyword {
    case sqlite

    /// Reads `sqlite`; every other name is of a database that is not built in.
    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> SQLType? {
        if let type = node.text.flatMap({ SQLType(rawValue: $0) }) { return type }
        reader.fail(node, "only `sqlite` is built in, found \(node.kind)")
        return nil
    }
}

/// What carries a listener's connections.
package enum ListenerTransport: String, OptionKeyword {
    case tcp, udp
}

/// Whose forwarded addresses are believed.
package enum TrustedProxies: Sendable, Equatable {
    case all
    case networks([IPNetwork])

    /// Whether the peer may say on whose behalf it asks.
    package func trusts(_ address: IPAddress) -> Bool {
        switch self {
        case .all: true
        case .networks(let networks): networks.contains { $0.contains(address) }
        }
    }
}

extension TrustedProxies: OptionValue {
    package static var typeName: String { "`all`, or a list of IP addresses and networks" }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> TrustedProxies? {
        if node.text == "all" { return .all }
        return OptionType.listOrSingle(of: OptionType<IPNetwork>.any).read(node, reader)
            .map { .networks($0) }
    }

    package var configurationText: String {
        switch self {
        case .all: "all"
        case .networks(let networks): networks.configurationText
        }
    }
}
