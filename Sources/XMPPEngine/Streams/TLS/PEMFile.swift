import COpenSSL
import Glibc

/// The certificates and keys of one PEM file, in the order in which they stand.
struct PEMFile {
    static let bytesMax = 1 << 20

    private(set) var certificates: [X509Certificate] = []
    private(set) var keys: [PrivateKey] = []

    init(path: String) throws(CertificateError) {
        let bytes = try Self.read(path)
        // A memory BIO reads where the bytes stand: they must stay there until it is freed.
        let problem = bytes.withUnsafeBytes { bytes -> CertificateError? in
            do throws(CertificateError) {
                try readBlocks(in: bytes, path: path)
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
        guard !certificates.isEmpty || !keys.isEmpty else {
            throw .malformed(file: path, reason: "no certificate and no key")
        }
    }

    private mutating func readBlocks(
        in bytes: UnsafeRawBufferPointer, path: String
    ) throws(CertificateError) {
        guard let source = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
            throw .malformed(file: path, reason: TLSError.drainedReason().text)
        }
        defer { BIO_free(source) }
        ERR_clear_error()
        while try readBlock(from: source, path: path) {}
    }

    /// Reads one block between BEGIN and END; false at the end of the file.
    private mutating func readBlock(
        from source: OpaquePointer, path: String
    ) throws(CertificateError) -> Bool {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard PEM_read_bio(source, &name, &header, &data, &length) == 1, let name, let data else {
            let (reason, text) = TLSError.drainedReason()
            guard reason == PEM_R_NO_START_LINE else { throw .malformed(file: path, reason: text) }
            return false
        }
        defer {
            CRYPTO_free(name, nil, 0)
            CRYPTO_free(header, nil, 0)
            CRYPTO_clear_free(data, length, nil, 0)
        }
        let isEncrypted = header.map { $0.pointee != 0 } ?? false
        let block = UnsafeRawBufferPointer(start: data, count: length)
        try take(block, named: String(cString: name), isEncrypted: isEncrypted, path: path)
        return true
    }

    private mutating func take(
        _ block: UnsafeRawBufferPointer, named name: String, isEncrypted: Bool, path: String
    ) throws(CertificateError) {
        switch name {
        case "CERTIFICATE", "X509 CERTIFICATE":
            guard let certificate = X509Certificate(der: block) else {
                throw .malformed(file: path, reason: TLSError.drainedReason().text)
            }
            certificates.append(certificate)
        case "ENCRYPTED PRIVATE KEY":
            throw .encryptedKey(file: path)
        case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
            guard !isEncrypted else { throw .encryptedKey(file: path) }
            guard let key = PrivateKey(der: block) else {
                throw .malformed(file: path, reason: TLSError.drainedReason().text)
            }
            keys.append(key)
        default:
            break  // parameters and the like, which the key repeats
        }
    }

    private static func read(_ path: String) throws(CertificateError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw .unreadable(file: path, reason: String(cString: strerror(errno)))
            }
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= bytesMax else {
                throw .malformed(file: path, reason: "larger than \(bytesMax) bytes")
            }
        }
    }
}

/// Owns one reference to an `EVP_PKEY *` with a private half.
final class PrivateKey: @unchecked Sendable {
    // Sendable because a key is not changed once parsed, and counted atomically.
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { self.pointer = pointer }
    deinit { EVP_PKEY_free(pointer) }

    /// Parses PKCS #8 or a traditional RSA or EC key; `nil` when it is neither.
    convenience init?(der: UnsafeRawBufferPointer) {
        var start = der.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard start != nil, let raw = d2i_AutoPrivateKey(nil, &start, der.count) else {
            return nil
        }
        self.init(adopting: raw)
    }

    func belongs(to certificate: X509Certificate) -> Bool {
        defer { ERR_clear_error() }
        guard let half = X509_get0_pubkey(certificate.pointer) else { return false }
        return EVP_PKEY_eq(half, pointer) == 1
    }
}
