extension ServerOption {
    static let streams: [any OptionDeclaration] = [
        negotiationTimeout, resourceConflict, replacedConnectionTimeout, registrationTimeout,
    ]

    static let encryption: [any OptionDeclaration] = [
        certificateFiles, caFile, c2sCAFile, c2sCiphers, c2sProtocolOptions,
    ]

    package static let negotiationTimeout = Option<Duration>(
        "negotiation_timeout", default: .seconds(120), in: .seconds(1)...(.seconds(86_400)),
        scope: .server,
        "How long a stream may take from its first byte to its login.")

    package static let resourceConflict = Option<ResourceConflict>(
        "resource_conflict", default: .acceptNew,
        "What happens when a client binds a resource in use: it gets another one, or the old or"
            + " the new stream is closed.")

    package static let replacedConnectionTimeout = Option<Limit<Duration>>(
        "replaced_connection_timeout", default: .at(.seconds(1)),
        "How long a new session waits for the one it replaces to end.")

    package static let registrationTimeout = Option<Limit<Duration>>(
        "registration_timeout", default: .at(.seconds(600)), scope: .server,
        "How long an IP address waits between two registrations of accounts.")

    package static let certificateFiles = Option<[String]>(
        "certfiles", default: [], scope: .server,
        "PEM files with certificates and private keys; patterns such as"
            + " `/etc/letsencrypt/live/*/*.pem` are allowed. Each host gets the certificate with"
            + " its name.")

    package static let caFile = Option<String?>(
        "ca_file", default: nil, scope: .server,
        "A PEM file with the authorities that are trusted; the system's when left out.")

    package static let c2sCAFile = Option<String?>(
        "c2s_cafile", default: nil,
        "Authorities that client certificates are checked against (SASL EXTERNAL).")

    package static let c2sCiphers = Option<[String]>(
        "c2s_ciphers", default: [], as: .listOrSingle(of: .any),
        "TLS 1.2 ciphers for client streams in OpenSSL's notation; OpenSSL's default when empty.")

    package static let c2sProtocolOptions = Option<[String]>(
        "c2s_protocol_options", default: [],
        "TLS options for client streams, such as `no_tlsv1_2`.")
}
