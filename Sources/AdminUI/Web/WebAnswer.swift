import HTTPFront

/// What the console answers: status, fields, body.
struct WebAnswer: Sendable {
    let status: HTTPStatus
    private(set) var fields: [HTTPField]
    let body: [UInt8]

    /// Nothing but the console's own files may act in its pages, and no other page may frame them.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private static let always = [
        HTTPField("X-Frame-Options", "DENY"),
        // Not `no-referrer`, with which browsers hide the origin of forms from us as well.
        HTTPField("Referrer-Policy", "same-origin"),
        HTTPField("Cross-Origin-Opener-Policy", "same-origin"),
        HTTPField("Cross-Origin-Resource-Policy", "same-origin"),
        HTTPField("Permissions-Policy", "camera=(), geolocation=(), microphone=(), usb=()"),
        HTTPField("Content-Security-Policy", policy),
    ]

    private init(_ status: HTTPStatus, type: String?, caching: String, body: [UInt8]) {
        self.status = status
        self.body = body
        fields = Self.always
        fields.append(HTTPField("Cache-Control", caching))
        if let type { fields.append(HTTPField("Content-Type", type)) }
    }

    static func page(_ html: String, status: HTTPStatus = .ok) -> WebAnswer {
        WebAnswer(
            status, type: "text/html; charset=utf-8", caching: "no-store", body: Array(html.utf8))
    }

    /// Sends the browser to a path of this console.
    static func redirect(to path: String) -> WebAnswer {
        WebAnswer(.seeOther, type: nil, caching: "no-store", body: [])
            .adding("Location", path)
    }

    /// Text to be kept as a file.
    static func download(_ text: String, named name: String) -> WebAnswer {
        WebAnswer(
            .ok, type: "text/plain; charset=utf-8", caching: "no-store", body: Array(text.utf8)
        ).adding("Content-Disposition", "attachment; filename=\"\(name)\"")
    }

    /// One of the console's own files, which never changes under its address.
    static func asset(_ body: [UInt8], type: String) -> WebAnswer {
        WebAnswer(
            .ok, type: type, caching: "public, max-age=31536000, immutable", body: body)
    }

    static func notFound() -> WebAnswer {
        WebAnswer(
            .notFound, type: "text/plain; charset=utf-8", caching: "no-store",
            body: Array("404 Not Found\n".utf8))
    }

    func adding(_ name: String, _ value: String) -> WebAnswer {
        var answer = self
        answer.fields.append(HTTPField(name, value))
        return answer
    }

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}
