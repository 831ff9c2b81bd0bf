extension ServerOption {
    static let streams: [any OptionDeclaration] = [
        negotiationTimeout, resourceConflict, registrationTimeout,
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
        "c2s_cafile", default: nil, scope: .server,
        "Authorities that client certificates are checked against (SASL EXTERNAL), on listeners"
            + " without `cafile`.")

    package static let c2sCiphers = Option<[String]>(
        "c2s_ciphers", default: [], as: .listOrSingle(of: .any), scope: .server,
        "TLS ciphers for client streams in OpenSSL's notation, on listeners without `ciphers`; the"
            + " server's own choice when empty.")

    package static let c2sProtocolOptions = Option<[String]>(
        "c2s_protocol_options", default: [], scope: .server,
        "TLS options for client streams, such as `no_tlsv1_2`, on listeners without"
            + " `protocol_options`.")
}
