/// Says what TLS options and certificate files are good for.
///
/// Filled by whoever has the TLS library. Each answer is a text that goes behind the option's
/// path; `nil` when all is well.
package struct TLSJudge: Sendable {
    /// What is wrong with one protocol option, or with several together.
    package var protocolOptions: @Sendable ([String]) -> String?
    /// What is wrong with a list of ciphers.
    package var ciphers: @Sendable ([String]) -> String?
    /// What is wrong with a file of authorities.
    package var authorities: @Sendable (String) -> String?
    /// What is found where certificates are said to be: files, folders and patterns.
    package var certificates: @Sendable ([String]) -> CertificateFindings

    package init(
        protocolOptions: @escaping @Sendable ([String]) -> String?,
        ciphers: @escaping @Sendable ([String]) -> String?,
        authorities: @escaping @Sendable (String) -> String?,
        certificates: @escaping @Sendable ([String]) -> CertificateFindings
    ) {
        self.protocolOptions = protocolOptions
        self.ciphers = ciphers
        self.authorities = authorities
        self.certificates = certificates
    }
}

/// What is found in certificate files.
package struct CertificateFindings: Sendable, Equatable {
    /// Something that its author should know.
    package struct Finding: Sendable, Equatable {
        /// Which of the places that were asked for it is about, counted from 0.
        package let place: Int
        package let text: String
        /// Whether it keeps the certificates from being used; else it may mend itself, as a file
        /// does that is not there yet.
        package let isFault: Bool

        package init(_ place: Int, _ text: String, isFault: Bool) {
            self.place = place
            self.text = text
            self.isFault = isFault
        }
    }

    package var findings: [Finding]
    /// Whether there is any certificate with its key.
    package var hasCertificate: Bool

    package init(_ findings: [Finding] = [], hasCertificate: Bool) {
        self.findings = findings
        self.hasCertificate = hasCertificate
    }
}
