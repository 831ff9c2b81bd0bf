/// The options of listeners; which of them a listener takes depends on its module.
package enum ListenerOption {
    // MARK: every listener

    package static let backlog = Option<Int>(
        "backlog", default: 128, in: 1...65535, scope: .server,
        "Connections the system holds before the server accepts them.")

    package static let acceptInterval = Option<Int>(
        "accept_interval", default: 0, in: 0...60_000, scope: .server,
        "Milliseconds between two accepted connections; 0 accepts as fast as they come.")

    package static let sendTimeout = Option<Limit<Duration>>(
        "send_timeout", default: .at(.seconds(15)), scope: .server,
        "How long a peer may leave what is sent to it unread before it is closed.")

    package static let maxConnections = Option<Limit<Int>>(
        "max_connections", default: .at(20_000), scope: .server,
        "Connections of the listener at one time; more are closed, over HTTP with a 503.")

    package static let maxConnectionsPerAddress = Option<Limit<Int>>(
        "max_connections_per_address", default: .at(1000), scope: .server,
        "Connections of one IPv4 address or IPv6 /64 at one time, and requests that trusted proxies"
            + " hold for it; more are closed, over HTTP with a 429. This machine and trusted"
            + " proxies themselves have no limit. So many BOSH sessions, and so many of polling, an"
            + " address may have before login.")

    package static let usesProxyProtocol = Option<Bool>(
        "use_proxy_protocol", default: false, scope: .server,
        "Whether each connection begins with a PROXY header (version 1 or 2) that says whose it"
            + " is.")

    package static let unixSocket = Option<OptionValues>(
        "unix_socket", default: OptionValues(),
        as: OptionGroup.type(of: [unixMode, unixOwner, unixGroup]), scope: .server,
        "Mode, owner and group of the socket file of a `unix:` listener.")

    package static let unixMode = Option<String>(
        "mode", default: "0660", as: .only("an octal mode in quotes (`\"0660\"`)", where: isMode),
        scope: .server, "The permissions of the socket file, in octal.")

    package static let unixOwner = Option<Int?>(
        "owner", default: nil, as: .optional(.inside(0...Int(UInt32.max))), scope: .server,
        "The numeric user that owns the socket file.")

    package static let unixGroup = Option<Int?>(
        "group", default: nil, as: .optional(.inside(0...Int(UInt32.max))), scope: .server,
        "The numeric group of the socket file.")

    // MARK: TLS

    package static let tls = Option<Bool>(
        "tls", default: false, scope: .server, "Whether TLS begins with the first byte.")

    package static let startTLS = Option<Bool>(
        "starttls", default: false, scope: .server,
        "Whether STARTTLS is offered when there is a certificate.")

    package static let startTLSRequired = Option<Bool>(
        "starttls_required", default: false, scope: .server,
        "Whether nothing but STARTTLS is accepted before TLS; implies `starttls`.")

    package static let tlsVerify = Option<Bool>(
        "tls_verify", default: false, scope: .server,
        "Whether clients are asked for a certificate (SASL EXTERNAL).")

    package static let certificateFile = Option<String?>(
        "certfile", default: nil, scope: .server,
        "A PEM file with certificate and key for this listener; those of `certfiles` when left"
            + " out.")

    package static let caFile = Option<String?>(
        "cafile", default: nil, scope: .server,
        "Authorities that client certificates are checked against.")

    package static let ciphers = Option<[String]>(
        "ciphers", default: [], as: .listOrSingle(of: .any), scope: .server,
        "TLS 1.2 ciphers in OpenSSL's notation; OpenSSL's default when empty.")

    package static let protocolOptions = Option<[String]>(
        "protocol_options", default: [], scope: .server, "TLS options, such as `no_tlsv1_2`.")

    @Sendable private static func isMode(_ text: String) -> Bool {
        (3...5).contains(text.utf8.count) && Int(text, radix: 8).map { $0 <= 0o7777 } == true
    }
}
