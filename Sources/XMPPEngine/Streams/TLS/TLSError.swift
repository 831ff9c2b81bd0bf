/// What went wrong on a TLS session or while one was set up.
package enum TLSError: Error, Hashable, Sendable {
    /// The peer's first bytes are no ClientHello.
    case notTLS
    /// The handshake failed; the text is the reason OpenSSL gives.
    case handshakeFailed(String)
    /// No certificate is loaded that could answer for this host; `nil` when none was named.
    case noCertificate(host: String?)
    /// The client offered ALPN without a protocol that is served here (RFC 7301 §3.2).
    case noApplicationProtocol
    /// The peer sent a fatal alert.
    case alertReceived(String)
    /// The peer broke the protocol after the handshake.
    case protocolViolation(String)
    /// The connection ended without close_notify (RFC 8446 §6.1).
    case truncated
    /// Bytes followed `<starttls/>` before the answer (RFC 6120 §5.4.2.3).
    case plaintextAfterStartTLS
    /// Written after the session was closed.
    case closed
    /// More was written before the handshake ended than is kept.
    case tooMuchBuffered
    /// An option cannot be used: its name, its value and why.
    case badOption(name: String, value: String, reason: String)
    /// OpenSSL refused; the text is its own.
    case library(String)
}
