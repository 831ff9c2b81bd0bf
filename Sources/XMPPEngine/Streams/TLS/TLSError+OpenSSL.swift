import COpenSSL

extension TLSError {
    /// The newest error of this thread's OpenSSL queue, which is emptied.
    static func drained() -> TLSError { .library(drainedReason().text) }

    /// Reads OpenSSL's queue after a handshake failed, and empties it.
    static func drainedHandshake() -> TLSError {
        let (reason, text) = drainedReason()
        switch reason {
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_WRONG_VERSION_NUMBER:
            return .notTLS
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return .noApplicationProtocol
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            return .truncated
        case let code where code >= SSL_AD_REASON_OFFSET:
            return .alertReceived(text)
        default:
            return .handshakeFailed(text)
        }
    }

    /// Reads OpenSSL's queue after reading or writing failed, and empties it.
    static func drainedTransfer() -> TLSError {
        let (reason, text) = drainedReason()
        if reason == SSL_R_UNEXPECTED_EOF_WHILE_READING { return .truncated }
        return reason >= SSL_AD_REASON_OFFSET ? .alertReceived(text) : .protocolViolation(text)
    }

    /// The reason code of the newest queued error and its text; 0 when the queue is empty.
    static func drainedReason() -> (code: Int32, text: String) {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0 else { return (0, "no reason given") }
        let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
        return (shim_error_reason(code), text)
    }
}
