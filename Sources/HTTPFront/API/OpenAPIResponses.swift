import ControlProtocol
import XMPPEngine

/// What the API may answer, as OpenAPI describes it.
enum OpenAPIResponses {
    private static let failures: [(status: HTTPStatus, meaning: String)] = [
        (.badRequest, "An argument is missing, unknown or not what the command takes."),
        (.unauthorized, "No credentials, or wrong ones."),
        (.forbidden, "No permission gives this to the caller, or the server's rules forbid it."),
        (.notFound, "What an argument names does not exist."),
        (.methodNotAllowed, "The address takes other methods."),
        (.conflict, "What is to be made exists already."),
        (.contentTooLarge, "The body is too long."),
        (.unsupportedMediaType, "The body is not declared to be JSON."),
        (.tooManyRequests, "Too many wrong passwords from this address or for this account."),
        (.internalServerError, "The command failed; the log says more."),
        (.serviceUnavailable, "Too much is going on; the same call may succeed later."),
    ]

    /// The failures, for the components of the document.
    static let shared: [JSONValue.Member] = failures.map { failure in
        var members: [JSONValue.Member] = [
            .init("description", .string(failure.meaning)),
            .init(
                "content",
                ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]]),
        ]
        let fields = fields(of: failure.status)
        if !fields.isEmpty {
            members.append(
                .init(
                    "headers",
                    .object(
                        fields.map { name, isRequired in
                            .init(
                                name,
                                ["required": .bool(isRequired), "schema": ["type": "string"]])
                        })))
        }
        return .init(String(failure.status.code), .object(members))
    }

    private static func fields(of status: HTTPStatus) -> [(name: String, isRequired: Bool)] {
        switch status {
        case .unauthorized: [("WWW-Authenticate", true)]
        case .methodNotAllowed: [("Allow", true)]
        case .tooManyRequests: [("Retry-After", true)]
        case .serviceUnavailable: [("Retry-After", false)]
        default: []
        }
    }

    /// The answers of one command.
    static func all(of command: Command, isPost: Bool) -> JSONValue {
        let success: JSONValue = [
            "description": "The result.",
            "content": ["application/json": ["schema": OpenAPISchema.result(command.result)]],
        ]
        let statuses = failures.map(\.status).filter { status in
            isPost || (status != .unsupportedMediaType && status != .contentTooLarge)
        }
        let tooLong: JSONValue = ["description": "The address is longer than the server reads."]
        var answers: [JSONValue.Member] = [.init("200", success)]
        if !isPost { answers.append(.init("414", tooLong)) }
        for status in statuses {
            let reference = JSONValue.string("#/components/responses/\(status.code)")
            answers.append(.init(String(status.code), ["$ref": reference]))
        }
        return .object(answers)
    }
}
