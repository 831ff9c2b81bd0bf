import COpenSSL

/// A certificate with its key and the chain up to its authority: what one host shows.
final class TLSIdentity: @unchecked Sendable {
    // Sendable because it never changes; the C objects are counted atomically.
    let certificate: X509Certificate
    let key: PrivateKey
    let facts: CertificateFacts
    let endPointBinding: [UInt8]?
    private let chain: OpaquePointer?

    /// Puts an identity together; the issuers stand in order, the leaf's first, without the root.
    init(
        certificate: X509Certificate, key: PrivateKey, issuers: [X509Certificate], file: String
    ) {
        self.certificate = certificate
        self.key = key
        facts = CertificateFacts(of: certificate, file: file)
        endPointBinding = certificate.endPointBinding
        chain = issuers.isEmpty ? nil : shim_chain_new()
        for issuer in issuers where chain != nil {
            X509_up_ref(issuer.pointer)
            if shim_chain_push(chain, issuer.pointer) == 0 { X509_free(issuer.pointer) }
        }
    }

    deinit { shim_chain_free(chain) }

    /// Makes a session show this identity; false when OpenSSL refuses.
    func install(on session: OpaquePointer) -> Bool {
        SSL_use_cert_and_key(session, certificate.pointer, key.pointer, chain, 1) == 1
    }
}

/// What an administrator wants to know of a loaded certificate.
package struct CertificateFacts: Hashable, Sendable {
    /// The file it was read from.
    package let file: String
    package let names: CertificateNames
    package let subject: String
    package let issuer: String
    /// First and last second of its time, since 1970.
    package let validity: ClosedRange<Int64>
    package let isSelfIssued: Bool
    /// SHA-256 of its DER form.
    package let fingerprint: [UInt8]

    init(of certificate: X509Certificate, file: String) {
        self.file = file
        names = CertificateNames(of: certificate)
        subject = certificate.nameLine(issuer: false)
        issuer = certificate.nameLine(issuer: true)
        validity = certificate.validity
        isSelfIssued = certificate.isSelfIssued
        fingerprint = certificate.digest(EVP_sha256())
    }
}
