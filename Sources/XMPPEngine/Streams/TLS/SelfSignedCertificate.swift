import COpenSSL
import Glibc

/// Makes the certificate of a first start, when the administrator has none yet.
package enum SelfSignedCertificate {
    /// Makes an EC P-256 key and a certificate for the hosts and for `*.` each of them.
    ///
    /// Blocks for the time of writing one file.
    ///
    /// - Parameters:
    ///   - hosts: In ASCII form; the first is the common name.
    ///   - path: PEM file with key and certificate, made with mode 0600 and put in place at once.
    ///   - days: How long it is valid.
    /// - Throws: `.badHost` or `.cannotMake`.
    package static func make(
        hosts: [String], into path: String, validDays days: Int32 = 3_650
    ) throws(CertificateError) {
        guard let first = hosts.first else { throw .badHost("") }
        for host in hosts where !isPlainHost(host) { throw .badHost(host) }
        ERR_clear_error()
        guard let raw = shim_new_p256_key() else { throw failure(path) }
        let key = PrivateKey(adopting: raw)
        guard let blank = X509_new() else { throw failure(path) }
        let certificate = X509Certificate(adopting: blank)
        let alternatives = hosts.flatMap { ["DNS:\($0)", "DNS:*.\($0)"] }.joined(separator: ",")
        guard fill(blank, key: raw, name: first, days: days),
            extend(blank, NID_subject_alt_name, alternatives),
            extend(blank, NID_basic_constraints, "critical,CA:FALSE"),
            extend(blank, NID_key_usage, "critical,digitalSignature"),
            extend(blank, NID_ext_key_usage, "serverAuth,clientAuth"),
            X509_sign(blank, raw, EVP_sha256()) > 0
        else { throw failure(path) }
        try write(pem(certificate, key, path), to: path)
    }

    private static func isPlainHost(_ host: String) -> Bool {
        let isLabelByte = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return (1...253).contains(host.utf8.count)
            && labels.allSatisfy { (1...63).contains($0.count) && $0.allSatisfy(isLabelByte) }
    }

    private static func fill(
        _ certificate: OpaquePointer, key: OpaquePointer, name: String, days: Int32
    ) -> Bool {
        var serial = [UInt8](repeating: 0, count: 16)
        guard RAND_bytes(&serial, 16) == 1 else { return false }
        serial[0] &= 0x7f  // RFC 5280 §4.1.2.2: positive
        guard let number = BN_bin2bn(serial, 16, nil) else { return false }
        defer { BN_free(number) }
        let subject = X509_get_subject_name(certificate)
        let common = Array(name.utf8.prefix(64))  // ub-common-name
        return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
            && X509_set_version(certificate, 2) == 1
            && X509_gmtime_adj(X509_getm_notBefore(certificate), -3_600) != nil
            && X509_gmtime_adj(X509_getm_notAfter(certificate), Int(days) * 86_400) != nil
            && X509_set_pubkey(certificate, key) == 1
            && X509_NAME_add_entry_by_NID(
                subject, NID_commonName, shim_utf8_string, common, Int32(common.count), -1, 0) == 1
            && X509_set_issuer_name(certificate, subject) == 1
    }

    private static func extend(_ certificate: OpaquePointer, _ kind: Int32, _ value: String) -> Bool
    {
        guard let piece = X509V3_EXT_conf_nid(nil, nil, kind, value) else { return false }
        defer { X509_EXTENSION_free(piece) }
        return X509_add_ext(certificate, piece, -1) == 1
    }

    private static func pem(
        _ certificate: X509Certificate, _ key: PrivateKey, _ path: String
    ) throws(CertificateError) -> [UInt8] {
        guard let memory = BIO_new(BIO_s_mem()) else { throw failure(path) }
        defer { BIO_free(memory) }
        guard PEM_write_bio_PKCS8PrivateKey(memory, key.pointer, nil, nil, 0, nil, nil) == 1,
            PEM_write_bio_X509(memory, certificate.pointer) == 1
        else { throw failure(path) }
        var start: UnsafeMutablePointer<CChar>?
        let length = shim_memory_contents(memory, &start)
        guard let start, length > 0 else { throw failure(path) }
        return Array(UnsafeRawBufferPointer(start: start, count: length))
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(CertificateError) {
        let draft = path + ".new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemFailure(path) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(draft, path) == 0
        else {
            let error = systemFailure(path)
            unlink(draft)
            throw error
        }
    }

    private static func failure(_ path: String) -> CertificateError {
        .cannotMake(file: path, reason: TLSError.drainedReason().text)
    }

    private static func systemFailure(_ path: String) -> CertificateError {
        .cannotMake(file: path, reason: String(cString: strerror(errno)))
    }
}
