import CMicroHTTPD
import Glibc

/// A last answer that is sent past libmicrohttpd; the connection closes next.
struct HTTPRefusal {
    private let text: String

    init(_ status: HTTPStatus) {
        let page = "\(status.code) \(status.reason)\n"
        let retry = status == .tooManyRequests || status == .serviceUnavailable
        text = """
            HTTP/1.1 \(status.code) \(status.reason)\r
            Date: \(HTTPDate.now)\r
            Content-Type: text/plain; charset=utf-8\r
            X-Content-Type-Options: nosniff\r
            Content-Length: \(page.utf8.count)\r
            \(retry ? "Retry-After: 10\r\n" : "")Connection: close\r
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
