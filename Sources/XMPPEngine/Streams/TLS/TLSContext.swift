import COpenSSL

/// Owns one `SSL_CTX *`: how one listener, or all outgoing streams, speak TLS.
///
/// It holds no certificate: each session is given the one its host shows when the ClientHello
/// is read, so reloading the store needs no new context and keeps tickets usable.
package final class TLSContext: @unchecked Sendable {
    // Sendable because the context is not changed after `init`; OpenSSL locks its session cache.

    /// Which side of the handshake its sessions take.
    package enum Role: Sendable {
        case server(CertificateStore)
        /// Shows the store's certificate for its own host when the server asks for one.
        case client(CertificateStore?)
    }

    let pointer: OpaquePointer
    let role: Role
    let profile: TLSProfile

    /// Sets up a context.
    ///
    /// - Throws: `.badOption` for an unusable profile, `.library` when OpenSSL refuses.
    package init(_ role: Role, profile: TLSProfile) throws(TLSError) {
        ERR_clear_error()
        let isServer = if case .server = role { true } else { false }
        guard let raw = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw .drained()
        }
        pointer = raw
        self.role = role
        self.profile = profile
        try configure(profile.choices())
        try configureTrust()
        if isServer { configureServer() }
    }

    deinit { SSL_CTX_free(pointer) }

    private func configure(_ choices: TLSProfile.Choices) throws(TLSError) {
        shim_set_safe_options(pointer)
        if !choices.prefersServerOrder { shim_prefer_client_order(pointer) }
        let lowest = choices.allowsTLS12 ? TLS1_2_VERSION : TLS1_3_VERSION
        let highest = choices.allowsTLS13 ? TLS1_3_VERSION : TLS1_2_VERSION
        guard shim_set_versions(pointer, lowest, highest) == 1,
            shim_set_groups(pointer, "X25519:P-256:P-384") == 1
        else { throw .drained() }
        if choices.usesTickets {
            SSL_CTX_set_num_tickets(pointer, 1)
        } else {
            shim_disable_tickets(pointer)
        }
        shim_set_session_cache(pointer, max(0, profile.cachedSessionsMax))
        try configureCiphers()
    }

    private func configureCiphers() throws(TLSError) {
        let names = profile.ciphers.split { ": ,".contains($0) }.map(String.init)
        let suites = names.filter { $0.hasPrefix("TLS_") }.joined(separator: ":")
        let list = names.filter { !$0.hasPrefix("TLS_") }.joined(separator: ":")
        if !suites.isEmpty, SSL_CTX_set_ciphersuites(pointer, suites) != 1 {
            throw badOption("ciphers", profile.ciphers)
        }
        if !list.isEmpty, SSL_CTX_set_cipher_list(pointer, list) != 1 {
            throw badOption("ciphers", profile.ciphers)
        }
    }

    /// Peers' certificates are verified for the record; the verdict never ends a handshake.
    private func configureTrust() throws(TLSError) {
        guard profile.requestsPeerCertificate || !isServer else { return }
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER) { _, _ in 1 }
        if let file = profile.authoritiesFile {
            guard SSL_CTX_load_verify_file(pointer, file) == 1 else {
                throw badOption("cafile", file)
            }
        } else if let directory = X509_get_default_cert_dir() {
            // By directory, authorities are read when needed; the bundle would stay in memory.
            SSL_CTX_load_verify_dir(pointer, directory)
            ERR_clear_error()
        }
    }

    private func configureServer() {
        SSL_CTX_set_client_hello_cb(
            pointer,
            { session, alert, _ in
                TLSConnection.of(session)?.chooseIdentity(alert: alert) ?? SSL_CLIENT_HELLO_ERROR
            }, nil)
        guard !profile.applicationProtocols.isEmpty else { return }
        SSL_CTX_set_alpn_select_cb(
            pointer,
            { session, chosen, length, offer, count, _ in
                guard let connection = TLSConnection.of(session), let offer, let chosen, let length
                else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                let offered = UnsafeBufferPointer(start: offer, count: Int(count))
                let served = connection.context.profile.applicationProtocols
                guard let match = ALPNOffer(offered).firstMatch(of: served) else {
                    return SSL_TLSEXT_ERR_ALERT_FATAL
                }
                chosen.pointee = offer + match.lowerBound
                length.pointee = UInt8(match.count)
                return SSL_TLSEXT_ERR_OK
            }, nil)
    }

    private var isServer: Bool { if case .server = role { true } else { false } }

    private func badOption(_ name: String, _ value: String) -> TLSError {
        .badOption(name: name, value: value, reason: TLSError.drainedReason().text)
    }
}

/// The protocol names of a client's ALPN extension (RFC 7301 §3.1).
struct ALPNOffer {
    private var names: [Range<Int>] = []
    private let bytes: UnsafeBufferPointer<UInt8>

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        var index = 0
        while index < bytes.count {
            let end = index + 1 + Int(bytes[index])
            guard end <= bytes.count else { return }
            names.append(index + 1..<end)
            index = end
        }
    }

    /// Where in the offer the first of the served protocols stands that the client offers.
    func firstMatch(of served: [String]) -> Range<Int>? {
        for name in served {
            let match = names.first { bytes[$0].elementsEqual(name.utf8) }
            if let match { return match }
        }
        return nil
    }
}
