extension ListenerOption {
    // MARK: limits of a stream

    package static let maxStanzaSize = Option<Limit<ByteCount>>(
        "max_stanza_size", default: .at(262_144), in: .at(512)...(.infinity), scope: .server,
        "The largest stanza, in bytes as they arrive.")

    package static let maxStanzaElements = Option<Limit<Int>>(
        "max_stanza_elements", default: 5000, in: 1...(.infinity), scope: .server,
        "The most elements in a stanza.")

    package static let maxStanzaDepth = Option<Int>(
        "max_stanza_depth", default: 100, in: 2...1000, scope: .server,
        "The deepest nesting of elements in a stanza.")

    package static let maxStanzaAttributes = Option<Int>(
        "max_stanza_attributes", default: 100, in: 8...1000, scope: .server,
        "The most attributes and namespace declarations on one element.")

    package static let preAuthMaxStanzaSize = Option<Limit<ByteCount>>(
        "pre_auth_max_stanza_size", default: .at(65536), in: .at(512)...(.infinity),
        scope: .server, "As `max_stanza_size`, before login.")

    package static let preAuthMaxStanzaElements = Option<Limit<Int>>(
        "pre_auth_max_stanza_elements", default: 100, in: 1...(.infinity), scope: .server,
        "As `max_stanza_elements`, before login.")

    package static let preAuthMaxStanzaDepth = Option<Int>(
        "pre_auth_max_stanza_depth", default: 20, in: 2...1000, scope: .server,
        "As `max_stanza_depth`, before login.")

    package static let preAuthMaxStanzaAttributes = Option<Int>(
        "pre_auth_max_stanza_attributes", default: 30, in: 8...1000, scope: .server,
        "As `max_stanza_attributes`, before login.")

    package static let maxQueue = Option<Int>(
        "max_fsm_queue", default: 10_000, in: 1...1_000_000, scope: .server,
        "The most stanzas that wait for one slow peer before it is closed.")

    package static let shaper = Option<ShaperReference>(
        "shaper", default: .none, scope: .server,
        "How fast a peer may send: a shaper, a shaper rule, or bytes a second.")

    package static let idleTimeout = Option<Limit<Duration>>(
        "idle_timeout", default: .infinity, in: .at(.seconds(10))...(.infinity),
        "How long a client may send nothing at all, not even white space, before its stream ends.")

    package static let whitespaceInterval = Option<Limit<Duration>>(
        "whitespace_interval", default: .infinity, in: .at(.seconds(10))...(.infinity),
        "How often white space is sent to a client, to keep its connection alive.")

    // MARK: who may

    package static let access = Option<RuleReference>(
        "access", default: .all, scope: .server,
        "Who may use this listener: which"
            + " accounts may log in by it, over whichever transport, or which components join.")

    package static let allowsUnencryptedSASL = Option<Bool>(
        "allow_unencrypted_sasl", default: false, scope: .server,
        "Whether passwords may be sent in the clear (SASL PLAIN without TLS). Off keeps them from"
            + " anybody who listens.")

    // MARK: components (XEP-0114)

    package static let password = Option<String?>(
        "password", default: nil, scope: .server,
        "The secret of every component on this listener. Without it and without `hosts`, none"
            + " may join.")

    package static let componentHosts = Option<[String: ComponentHost]>(
        "hosts", default: [:], as: .componentHosts, scope: .server,
        "The domains components may serve, each with its own secret.")

    package static let checksFrom = Option<Bool>(
        "check_from", default: true, scope: .server,
        "Whether the sender of a component's stanzas must be on its own domain.")

    package static let globalRoutes = Option<Bool>(
        "global_routes", default: true, scope: .server,
        "Whether a component with the common `password` serves its domain for all hosts.")
}

/// A domain a component may serve, and the secret it joins with.
package struct ComponentHost: Sendable, Equatable, OptionValue {
    package let password: String?

    package static var typeName: String { "a map with `password`" }

    private static let password = Option<String?>("password", default: nil, "The secret.")

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> ComponentHost? {
        OptionGroup.read(node, options: [password], with: reader)
            .map { ComponentHost(password: $0[password]) }
    }

    package var configurationText: String { "{password: …}" }
}

extension OptionType where Value == [String: ComponentHost] {
    /// A map of prepared domains to their secrets.
    static var componentHosts: OptionType {
        OptionType(
            name: "a map of domains to `password`",
            text: { $0.isEmpty ? "{}" : "{…}" },
            read: { node, reader in
                guard let hosts = Value.read(node, with: reader) else { return nil }
                var prepared: Value = [:]
                for (name, host) in hosts {
                    guard let domain = DomainName(name) else {
                        reader.fail(node, "`\(name.shortened)` is not a domain")
                        return nil
                    }
                    prepared[domain.text] = host
                }
                return prepared
            })
    }
}
