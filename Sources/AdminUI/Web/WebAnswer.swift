/// What the console answers: status, fields, body.
struct WebAnswer: Sendable {
    enum Status: UInt16, Sendable {
        case ok = 200
        case seeOther = 303
        case notModified = 304
        case badRequest = 400
        case forbidden = 403
        case notFound = 404
        case conflict = 409
        case unprocessable = 422
        case tooManyRequests = 429
        case failed = 500
        case unavailable = 503

        var reason: String {
            switch self {
            case .ok: "OK"
            case .seeOther: "See Other"
            case .notModified: "Not Modified"
            case .badRequest: "Bad Request"
            case .forbidden: "Forbidden"
            case .notFound: "Not Found"
            case .conflict: "Conflict"
            case .unprocessable: "Unprocessable Content"
            case .tooManyRequests: "Too Many Requests"
            case .failed: "Internal Server Error"
            case .unavailable: "Service Unavailable"
            }
        }
    }

    struct Field: Hashable, Sendable {
        let name: String
        let value: String
    }

    let status: Status
    private(set) var fields: [Field]
    let body: [UInt8]

    /// Nothing but the console's own files may act in its pages, and no other page may frame them.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private static let always = [
        Field(name: "X-Frame-Options", value: "DENY"),
        // Not `no-referrer`, with which browsers hide the origin of forms from us as well.
        Field(name: "Referrer-Policy", value: "same-origin"),
        Field(name: "Cross-Origin-Opener-Policy", value: "same-origin"),
        Field(name: "Cross-Origin-Resource-Policy", value: "same-origin"),
        Field(
            name: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=(), usb=()"),
        Field(name: "Content-Security-Policy", value: policy),
    ]

    private init(_ status: Status, type: String?, caching: String, body: [UInt8]) {
        self.status = status
        self.body = body
        fields = Self.always
        fields.append(Field(name: "Cache-Control", value: caching))
        if let type { fields.append(Field(name: "Content-Type", value: type)) }
    }

    static func page(_ html: String, status: Status = .ok) -> WebAnswer {
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
        answer.fields.append(Field(name: name, value: value))
        return answer
    }

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}
