import COpenSSL
import Glibc

/// Owns one reference to an `X509 *`.
final class X509Certificate: @unchecked Sendable {
    // Sendable because OpenSSL's certificates are not changed once parsed, and counted atomically.
    let pointer: OpaquePointer

    /// Takes over the reference that the caller holds.
    init(adopting pointer: OpaquePointer) { self.pointer = pointer }
    deinit { X509_free(pointer) }

    /// Parses DER; `nil` when it is no certificate.
    convenience init?(der: UnsafeRawBufferPointer) {
        var start = der.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard start != nil, let raw = d2i_X509(nil, &start, der.count) else { return nil }
        self.init(adopting: raw)
    }

    func digest(_ algorithm: OpaquePointer?) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard X509_digest(pointer, algorithm, &bytes, &length) == 1 else { return [] }
        return Array(bytes.prefix(Int(length)))
    }

    /// The hash that `tls-server-end-point` uses: the signature's own, but never below SHA-256.
    var endPointBinding: [UInt8]? {
        var hash: Int32 = 0
        var key: Int32 = 0
        let signature = X509_get_signature_nid(pointer)
        guard OBJ_find_sigid_algs(signature, &hash, &key) == 1 else { return nil }
        // Ed25519 and the like have no hash of their own: undefined by RFC 5929 §4.1.
        guard hash != NID_undef else { return nil }
        let weak = hash == NID_md5 || hash == NID_sha1
        guard let algorithm = weak ? EVP_sha256() : EVP_get_digestbyname(OBJ_nid2sn(hash)) else {
            return nil
        }
        let digest = digest(algorithm)
        return digest.isEmpty ? nil : digest
    }

    /// Seconds since 1970 of both ends of its time; an unreadable end closes that side.
    var validity: ClosedRange<Int64> {
        let start = Self.seconds(X509_get0_notBefore(pointer)) ?? .max
        let end = Self.seconds(X509_get0_notAfter(pointer)) ?? .min
        return min(start, end)...end
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }

    func issued(_ other: X509Certificate) -> Bool {
        X509_check_issued(pointer, other.pointer) == X509_V_OK
    }

    var isSelfIssued: Bool {
        X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_issuer_name(pointer)) == 0
    }

    /// Subject, or the issuer, in one line.
    func nameLine(issuer: Bool) -> String {
        let name = issuer ? X509_get_issuer_name(pointer) : X509_get_subject_name(pointer)
        guard let text = X509_NAME_oneline(name, nil, 0) else { return "" }
        defer { CRYPTO_free(text, nil, 0) }
        return String(cString: text)
    }
}
