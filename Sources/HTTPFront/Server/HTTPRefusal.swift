import CMicroHTTPD
import Glibc

/// A last answer that is sent past libmicrohttpd; the connection closes next.
struct HTTPRefusal {
    private let text: String

    /// With a time in seconds to come back after, where one is known or usual.
    init(_ status: HTTPStatus, retryAfter seconds: Int? = nil) {
        let page = "\(status.code) \(status.reason)\n"
        let isPassing = status == .tooManyRequests || status == .serviceUnavailable
        let retry = seconds ?? (isPassing ? 10 : nil)
        text = """
            HTTP/1.1 \(status.code) \(status.reason)\r
            Date: \(HTTPDate.now)\r
            Content-Type: text/plain; charset=utf-8\r
            X-Content-Type-Options: nosniff\r
            Content-Length: \(page.utf8.count)\r
            \(retry.map { "Retry-After: \($0)\r\n" } ?? "")Connection: close\r
            \r
            \(page)
            """
    }

    /// Sends what the socket takes at once.
    func send(on descriptor: Int32) {
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        var text = text
        text.withUTF8 { _ = Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
    }
}

extension Duration {
    /// Whole seconds, rounded up, for `Retry-After`.
    package var retryAfter: String {
        let (seconds, attoseconds) = components
        return String(max(1, seconds + (attoseconds > 0 ? 1 : 0)))
    }
}
