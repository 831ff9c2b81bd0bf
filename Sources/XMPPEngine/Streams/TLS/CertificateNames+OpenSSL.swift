import COpenSSL

extension CertificateNames {
    private static let addressOID = "1.3.6.1.5.5.7.8.5"  // id-on-xmppAddr, RFC 6120 §13.7.1.4
    private static let serviceOID = "1.3.6.1.5.5.7.8.7"  // id-on-dnsSRV, RFC 4985 §2

    /// Reads the identities of a certificate; names that are no clean text are left out.
    init(of certificate: X509Certificate) {
        self.init()
        readAlternatives(certificate.pointer)
        commonName = Self.readCommonName(certificate.pointer)
    }

    private mutating func readAlternatives(_ certificate: OpaquePointer) {
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            return
        }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        for index in 0..<max(0, shim_names_count(names)) {
            guard let name = shim_name_at(names, index) else { continue }
            var type: Int32 = 0
            if let text = Self.text(shim_name_string(name, &type)) {
                if type == GEN_DNS { hosts.append(text.lowercased()) } else { emails.append(text) }
            } else if let text = Self.text(shim_other_name(name, Self.addressOID)) {
                addresses.append(text)
            } else if let text = Self.text(shim_other_name(name, Self.serviceOID)) {
                services.append(text.lowercased())
            }
        }
    }

    private static func readCommonName(_ certificate: OpaquePointer) -> String? {
        let subject = X509_get_subject_name(certificate)
        let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0 else { return nil }
        return text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)))
    }

    /// The string as UTF-8; `nil` with a NUL inside, which could hide the rest of a name.
    private static func text(_ string: UnsafePointer<ASN1_STRING>?) -> String? {
        guard let string else { return nil }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&bytes, string)
        guard length > 0, let bytes else { return nil }
        defer { CRYPTO_free(bytes, nil, 0) }
        let buffer = UnsafeBufferPointer(start: bytes, count: Int(length))
        guard !buffer.contains(0) else { return nil }
        return String(validating: buffer, as: UTF8.self)
    }
}
