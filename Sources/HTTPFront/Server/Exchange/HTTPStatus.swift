/// A status code with its usual words (RFC 9110 §15).
package struct HTTPStatus: Sendable, Equatable {
    package let code: UInt16
    package let reason: String

    package init(code: UInt16, reason: String) {
        self.code = min(max(code, 100), 599)
        self.reason = reason
    }

    package static let switchingProtocols = HTTPStatus(code: 101, reason: "Switching Protocols")
    package static let ok = HTTPStatus(code: 200, reason: "OK")
    package static let created = HTTPStatus(code: 201, reason: "Created")
    package static let noContent = HTTPStatus(code: 204, reason: "No Content")
    package static let partialContent = HTTPStatus(code: 206, reason: "Partial Content")
    package static let movedPermanently = HTTPStatus(code: 301, reason: "Moved Permanently")
    package static let found = HTTPStatus(code: 302, reason: "Found")
    package static let seeOther = HTTPStatus(code: 303, reason: "See Other")
    package static let notModified = HTTPStatus(code: 304, reason: "Not Modified")
    package static let badRequest = HTTPStatus(code: 400, reason: "Bad Request")
    package static let unauthorized = HTTPStatus(code: 401, reason: "Unauthorized")
    package static let forbidden = HTTPStatus(code: 403, reason: "Forbidden")
    package static let notFound = HTTPStatus(code: 404, reason: "Not Found")
    package static let methodNotAllowed = HTTPStatus(code: 405, reason: "Method Not Allowed")
    package static let requestTimeout = HTTPStatus(code: 408, reason: "Request Timeout")
    package static let conflict = HTTPStatus(code: 409, reason: "Conflict")
    package static let gone = HTTPStatus(code: 410, reason: "Gone")
    package static let lengthRequired = HTTPStatus(code: 411, reason: "Length Required")
    package static let preconditionFailed = HTTPStatus(code: 412, reason: "Precondition Failed")
    package static let contentTooLarge = HTTPStatus(code: 413, reason: "Content Too Large")
    package static let targetTooLong = HTTPStatus(code: 414, reason: "URI Too Long")
    package static let unsupportedMediaType = HTTPStatus(
        code: 415, reason: "Unsupported Media Type")
    package static let rangeNotSatisfiable = HTTPStatus(
        code: 416, reason: "Range Not Satisfiable")
    package static let expectationFailed = HTTPStatus(code: 417, reason: "Expectation Failed")
    package static let unprocessableContent = HTTPStatus(
        code: 422, reason: "Unprocessable Content")
    package static let upgradeRequired = HTTPStatus(code: 426, reason: "Upgrade Required")
    package static let tooManyRequests = HTTPStatus(code: 429, reason: "Too Many Requests")
    package static let fieldsTooLarge = HTTPStatus(
        code: 431, reason: "Request Header Fields Too Large")
    package static let internalServerError = HTTPStatus(
        code: 500, reason: "Internal Server Error")
    package static let notImplemented = HTTPStatus(code: 501, reason: "Not Implemented")
    package static let serviceUnavailable = HTTPStatus(code: 503, reason: "Service Unavailable")
    package static let versionNotSupported = HTTPStatus(
        code: 505, reason: "HTTP Version Not Supported")
    package static let insufficientStorage = HTTPStatus(code: 507, reason: "Insufficient Storage")
}

/// A failure a handler answers with: the status and nothing of what went on inside.
package struct HTTPProblem: Error, Equatable {
    package let status: HTTPStatus
    package let fields: [HTTPField]

    package init(_ status: HTTPStatus, fields: [HTTPField] = []) {
        self.status = status
        self.fields = fields
    }
}

/// One header field of an answer.
package struct HTTPField: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request method (RFC 9110 §9).
package struct HTTPMethod: Sendable, Hashable {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    package static let get = HTTPMethod("GET")
    package static let head = HTTPMethod("HEAD")
    package static let post = HTTPMethod("POST")
    package static let put = HTTPMethod("PUT")
    package static let delete = HTTPMethod("DELETE")
    package static let patch = HTTPMethod("PATCH")
    package static let options = HTTPMethod("OPTIONS")
}
