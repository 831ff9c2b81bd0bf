/// Why certificates could not be loaded or made; each names the file.
package enum CertificateError: Error, Hashable, Sendable {
    /// The file or directory is missing or may not be read; the reason is the system's.
    case unreadable(file: String, reason: String)
    /// No certificate and no key is in it, or one that cannot be parsed.
    case malformed(file: String, reason: String)
    /// The key needs a passphrase.
    case encryptedKey(file: String)
    /// No loaded certificate belongs to this key.
    case keyWithoutCertificate(file: String)
    /// No loaded key belongs to any certificate of this file.
    case certificateWithoutKey(file: String)
    /// The certificate's time is over; seconds since 1970.
    case expired(file: String, at: Int64)
    /// The certificate's time has not come; seconds since 1970.
    case notYetValid(file: String, from: Int64)
    /// A host that cannot be named in a certificate.
    case badHost(String)
    /// OpenSSL or the system refused to make or write a certificate.
    case cannotMake(file: String, reason: String)
}

extension CertificateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
        case .malformed(let file, let reason): "\(file): not a PEM certificate or key: \(reason)"
        case .encryptedKey(let file): "\(file): the key is encrypted; store it without passphrase"
        case .keyWithoutCertificate(let file): "\(file): the key belongs to no loaded certificate"
        case .certificateWithoutKey(let file): "\(file): no key is loaded for the certificate"
        case .expired(let file, let time): "\(file): expired at \(time) (seconds since 1970)"
        case .notYetValid(let file, let time): "\(file): valid from \(time) (seconds since 1970)"
        case .badHost(let host): "\(host): cannot be named in a certificate"
        case .cannotMake(let file, let reason): "\(file): cannot be made: \(reason)"
        }
    }
}
