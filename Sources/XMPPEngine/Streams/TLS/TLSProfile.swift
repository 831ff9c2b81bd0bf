/// How one listener speaks TLS, whatever certificates it shows.
package struct TLSProfile: Hashable, Sendable {
    /// ECDHE with an AEAD; all of TLS 1.3 (RFC 7590 §3, BCP 195).
    package static let defaultCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20"

    /// Cipher list in OpenSSL's syntax; names that begin with `TLS_` choose among TLS 1.3's.
    package var ciphers: String
    /// ejabberd's `protocol_options`, such as `no_tlsv1_2` and `no_ticket`.
    package var protocolOptions: [String]
    /// ALPN names in order of preference; empty ignores what a client offers (XEP-0368 §4).
    package var applicationProtocols: [String]
    /// Ask for a client certificate, for SASL EXTERNAL; a bad one never ends the handshake.
    package var requestsPeerCertificate: Bool
    /// PEM file with the authorities that peers are verified against; `nil`: the system's.
    package var authoritiesFile: String?
    /// TLS 1.2 sessions without a ticket that are remembered for resumption; 0 keeps none.
    package var cachedSessionsMax: Int

    package init(
        ciphers: String = defaultCiphers, protocolOptions: [String] = [],
        applicationProtocols: [String] = [], requestsPeerCertificate: Bool = false,
        authoritiesFile: String? = nil, cachedSessionsMax: Int = 1_024
    ) {
        self.ciphers = ciphers
        self.protocolOptions = protocolOptions
        self.applicationProtocols = applicationProtocols
        self.requestsPeerCertificate = requestsPeerCertificate
        self.authoritiesFile = authoritiesFile
        self.cachedSessionsMax = cachedSessionsMax
    }
}

extension TLSProfile {
    /// STARTTLS (RFC 6120 §5).
    package static let startTLS = TLSProfile()
    /// Direct TLS of clients (XEP-0368).
    package static let directClients = TLSProfile(applicationProtocols: ["xmpp-client"])
    /// HTTPS; HTTP/2 is not spoken.
    package static let web = TLSProfile(applicationProtocols: ["http/1.1"])
    /// Direct TLS of servers (XEP-0368).
    package static let directServers = TLSProfile(
        applicationProtocols: ["xmpp-server"], requestsPeerCertificate: true)
}

extension TLSProfile {
    /// What `protocolOptions` come to.
    struct Choices: Hashable {
        var allowsTLS12 = true
        var allowsTLS13 = true
        var usesTickets = true
        var prefersServerOrder = true
    }

    /// Reads `protocolOptions`; those that only forbid what is forbidden anyway change nothing.
    ///
    /// - Returns: The choices made.
    /// - Throws: `.badOption` for an unknown name or when no version is left.
    func choices() throws(TLSError) -> Choices {
        var choices = Choices()
        for option in protocolOptions {
            switch option {
            case "no_sslv2", "no_sslv3", "no_tlsv1", "no_tlsv1_1", "no_compression",
                "no_session_resumption_on_renegotiation", "no_renegotiation", "single_dh_use",
                "single_ecdh_use":
                break
            case "no_tlsv1_2": choices.allowsTLS12 = false
            case "no_tlsv1_3": choices.allowsTLS13 = false
            case "no_ticket": choices.usesTickets = false
            case "cipher_server_preference": choices.prefersServerOrder = true
            case "cipher_client_preference": choices.prefersServerOrder = false
            default:
                throw .badOption(name: "protocol_options", value: option, reason: "unknown")
            }
        }
        guard choices.allowsTLS12 || choices.allowsTLS13 else {
            throw .badOption(
                name: "protocol_options", value: protocolOptions.joined(separator: " | "),
                reason: "leaves no version of TLS")
        }
        return choices
    }
}
