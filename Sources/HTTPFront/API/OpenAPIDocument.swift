import ControlProtocol
import XMPPEngine

/// The API's description of itself (OpenAPI 3.1), made from the declarations of the commands.
struct OpenAPIDocument {
    /// In all their versions.
    let commands: [Command]
    /// Where the API is mounted.
    let prefix: String
    /// The server's.
    let version: String

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Martlet HTTP API", "version": .string(version),
                "description": .string(Self.introduction),
            ],
            "servers": [["url": .string(prefix.isEmpty ? "/" : prefix)]],
            "security": [["bearer": []], ["basic": []]],
            "tags": .array(tags),
            "paths": .object(paths),
            "components": [
                "securitySchemes": Self.securitySchemes, "schemas": ["Error": Self.errorSchema],
                "responses": .object(OpenAPIResponses.shared),
            ],
        ]
    }

    private static let introduction = """
        Every command of the server at `/NAME`; the newest version of it, unless the address ends \
        in `/vN`, which means the command as it was in version N. Arguments and results are JSON. \
        A command that changes nothing and has no secret argument takes GET too, with its \
        arguments in the query.
        """

    private var tags: [JSONValue] {
        Set(commands.map(\.tag.name)).sorted().map { ["name": .string($0)] }
    }

    private var paths: [JSONValue.Member] {
        var paths = [
            JSONValue.Member("/openapi.json", Self.itself),
            JSONValue.Member("/events", OpenAPIEvents.item),
        ]
        var newest: Set<String> = []
        for command in commands {
            if newest.insert(command.name).inserted {
                paths.append(.init("/\(command.name)", item(command, id: command.name)))
            } else {
                let path = "/\(command.name)/v\(command.version)"
                paths.append(
                    .init(path, item(command, id: "\(command.name)_v\(command.version)")))
            }
        }
        return paths
    }

    private static let itself: JSONValue = [
        "get": [
            "operationId": "openapi", "summary": "This description.", "security": [[:]],
            "responses": [
                "200": [
                    "description": "An OpenAPI document.",
                    "content": ["application/json": ["schema": ["type": "object"]]],
                ],
                "405": ["$ref": "#/components/responses/405"],
            ],
        ]
    ]

    private static let securitySchemes: JSONValue = [
        "bearer": [
            "type": "http", "scheme": "bearer",
            "description": "An access token that the command issue_token has made.",
        ],
        "basic": [
            "type": "http", "scheme": "basic",
            "description": "A bare address, as juliet@example.com, and the account's password.",
        ],
    ]

    private static let errorSchema: JSONValue = [
        "type": "object", "required": ["status", "code", "message"],
        "additionalProperties": false,
        "properties": [
            "status": ["const": "error"],
            "code": ["type": "integer", "description": "The HTTP status."],
            "message": ["type": "string", "description": "What is wrong, for people."],
        ],
    ]

    // MARK: one command

    private func item(_ command: Command, id: String) -> JSONValue {
        var methods = [JSONValue.Member("post", post(command, id: id))]
        if command.isSafe { methods.append(.init("get", get(command, id: id))) }
        return .object(methods)
    }

    private func post(_ command: Command, id: String) -> JSONValue {
        var members = head(command, id: id)
        var content: [JSONValue.Member] = [.init("schema", OpenAPISchema.arguments(of: command))]
        if let example = OpenAPISchema.example(of: command) {
            content.append(.init("example", example))
        }
        members.append(
            .init(
                "requestBody",
                [
                    "required": true,
                    "content": ["application/json": .object(content)],
                ]))
        members.append(.init("responses", OpenAPIResponses.all(of: command, isPost: true)))
        return .object(members)
    }

    private func get(_ command: Command, id: String) -> JSONValue {
        var members = head(command, id: id + "_by_get")
        let parameters = command.arguments.map { argument -> JSONValue in
            var parameter: [JSONValue.Member] = [
                .init("name", .string(argument.name)), .init("in", "query"),
                .init("description", .string(argument.summary)),
                .init("required", .bool(argument.fallback == nil)),
                .init("schema", OpenAPISchema.schema(of: argument)),
            ]
            if let example = OpenAPISchema.example(of: argument) {
                parameter.append(.init("example", example))
            }
            return .object(parameter)
        }
        if !parameters.isEmpty { members.append(.init("parameters", .array(parameters))) }
        members.append(.init("responses", OpenAPIResponses.all(of: command, isPost: false)))
        return .object(members)
    }

    private func head(_ command: Command, id: String) -> [JSONValue.Member] {
        [
            .init("operationId", .string(id)), .init("summary", .string(command.summary)),
            .init("tags", [.string(command.tag.name)]),
        ]
    }
}
