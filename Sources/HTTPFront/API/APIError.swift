import ControlProtocol
import XMPPEngine

/// A failure as the HTTP API tells it: a status, and one line for people.
struct APIError: Error, Equatable {
    let status: HTTPStatus
    let message: String
    var fields: [HTTPField] = []

    init(_ status: HTTPStatus, _ message: String, fields: [HTTPField] = []) {
        self.status = status
        self.message = message
        self.fields = fields
    }

    init(_ error: CommandError) {
        let status: HTTPStatus =
            switch error.kind {
            case .unknownCommand, .notFound: .notFound
            case .badArguments: .badRequest
            case .conflict: .conflict
            case .notAllowed: .forbidden
            case .unavailable: .serviceUnavailable
            case .failed: .internalServerError
            }
        self.init(status, error.text)
    }

    /// The shape that ejabberd's clients know; the code is the status again.
    var body: JSONValue {
        [
            "status": "error", "code": .int(Int(status.code)), "message": .string(message),
        ]
    }

    // MARK: usual ones

    static let noSuchPlace = APIError(.notFound, "there is nothing at this address")

    /// Tells how to come back with credentials (RFC 9110 §11.6.1).
    static func unauthorized(_ message: String, isTokenWrong: Bool = false) -> APIError {
        let bearer = "Bearer realm=\"martlet\"" + (isTokenWrong ? ", error=\"invalid_token\"" : "")
        return APIError(
            .unauthorized, message,
            fields: [
                HTTPField("WWW-Authenticate", bearer),
                HTTPField("WWW-Authenticate", "Basic realm=\"martlet\", charset=\"UTF-8\""),
            ])
    }

    static func methodNotAllowed(_ allowed: [HTTPMethod]) -> APIError {
        APIError(
            .methodNotAllowed, "this address takes \(allowed.map(\.name).joined(separator: ", "))",
            fields: [allow(allowed)])
    }

    static func allow(_ allowed: [HTTPMethod]) -> HTTPField {
        HTTPField("Allow", (allowed + [.options]).map(\.name).joined(separator: ", "))
    }

    static func later(_ message: String, seconds: Int) -> APIError {
        APIError(
            .serviceUnavailable, message, fields: [HTTPField("Retry-After", String(seconds))])
    }
}

extension Exchange {
    private static let jsonFields = [
        HTTPField("Content-Type", "application/json"), HTTPField("Cache-Control", "no-store"),
    ]

    /// Answers with JSON that nobody keeps.
    func respond(_ status: HTTPStatus, json: JSONValue, fields: [HTTPField] = []) {
        respond(status, fields: Self.jsonFields + fields, body: .bytes(json.utf8))
    }

    /// Answers with a failure.
    func respond(_ error: APIError) {
        respond(error.status, json: error.body, fields: error.fields)
    }
}

/// An exchange on its way to another thread and back.
struct HeldExchange: @unchecked Sendable {
    // Sendable because only the exchange's loop touches it.
    private let exchange: Exchange
    private let loop: HTTPLoop

    init(_ exchange: Exchange) {
        self.exchange = exchange
        loop = exchange.loop
    }

    /// Does something with the exchange on its loop.
    func onLoop(_ work: @escaping @Sendable (Exchange) -> Void) {
        loop.execute { work(exchange) }
    }
}
