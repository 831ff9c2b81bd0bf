extension TLSError: CustomStringConvertible {
    /// A line for the log or an administrator.
    package var description: String {
        switch self {
        case .notTLS: "the first bytes are not TLS"
        case .handshakeFailed(let reason): "the handshake failed: \(reason)"
        case .noCertificate(nil): "there is no certificate, and the client named no host"
        case .noCertificate(let host?): "there is no certificate for \(host)"
        case .noApplicationProtocol: "none of the client's ALPN protocols is served here"
        case .alertReceived(let alert): "the peer sent the alert \(alert)"
        case .protocolViolation(let reason): "the peer broke the protocol: \(reason)"
        case .truncated: "the connection ended without close_notify"
        case .plaintextAfterStartTLS: "bytes followed <starttls/> before its answer"
        case .closed: "the session is closed"
        case .tooMuchBuffered: "too much was written before the handshake ended"
        case .badOption(let name, let value, let reason):
            "`\(value)` cannot be used as `\(name)`: \(reason)"
        case .library(let text): text
        }
    }
}
