/// What a finished handshake settled; fired down the pipeline as a user event.
package struct TLSFacts: Hashable, Sendable {
    /// `TLSv1.2` or `TLSv1.3`.
    package let version: String
    /// OpenSSL's name of the cipher suite.
    package let cipher: String
    /// The host the client named (SNI, RFC 6066 §3), lower case, or `nil`.
    package let serverName: String?
    /// The ALPN protocol agreed on, or `nil`.
    package let applicationProtocol: String?
    /// The session was resumed, so no certificate was shown.
    package let isResumed: Bool
    /// The peer's certificate, or `nil` when it sent none.
    package let peer: PeerCertificate?
    /// Channel binding `tls-exporter`, 32 bytes (RFC 9266); `nil` where it would be unsafe.
    package let exporterBinding: [UInt8]?
    /// Channel binding `tls-server-end-point` (RFC 5929 §4); `nil` when undefined.
    package let serverEndPointBinding: [UInt8]?
}

/// A certificate shown by a peer, and what verifying it gave (RFC 6120 §13.7).
package struct PeerCertificate: Hashable, Sendable {
    /// The identities it holds.
    package let names: CertificateNames
    /// Why it is not trusted, in OpenSSL's words; `nil` when it is.
    package let distrust: String?
    /// SHA-256 of its DER form.
    package let fingerprint: [UInt8]

    /// It chains up to a trusted authority and is valid now.
    package var isTrusted: Bool { distrust == nil }
}

/// Identities of a certificate (RFC 6120 §13.7.1.2).
package struct CertificateNames: Hashable, Sendable {
    /// dNSName, lower case; a leading `*.` is a wildcard.
    package var hosts: [String] = []
    /// id-on-xmppAddr, as they stand.
    package var addresses: [String] = []
    /// id-on-dnsSRV, such as `_xmpp-server.example.org`, lower case.
    package var services: [String] = []
    /// rfc822Name.
    package var emails: [String] = []
    /// Common name of the subject; counts as a host only when there is no dNSName.
    package var commonName: String?

    package init() {}

    /// Every host the certificate answers for, wildcards included.
    package var allHosts: [String] {
        if !hosts.isEmpty { return hosts }
        return commonName.map { [$0.lowercased()] } ?? []
    }

    /// Tells whether the certificate answers for a host (RFC 6125 §6.4).
    ///
    /// - Parameter host: Lower case, in ASCII form. A wildcard stands for its first label.
    /// - Returns: True when one of its names does.
    package func cover(_ host: String) -> Bool {
        let pattern = CertificateNames.wildcard(for: host)
        return allHosts.contains { $0 == host || $0 == pattern }
    }

    /// The only wildcard name that covers a host, or `nil` for a name of one label.
    static func wildcard(for host: String) -> String? {
        guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return nil }
        return "*" + host[dot...]
    }
}
