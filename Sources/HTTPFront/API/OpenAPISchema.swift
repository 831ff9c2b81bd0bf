import ControlProtocol
import XMPPEngine

/// JSON Schemas (2020-12) of what commands take and give.
enum OpenAPISchema {
    /// What may stand in XML 1.0 (§2.2): everything but these.
    private static let xmlPattern =
        "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]*$"

    // MARK: arguments

    /// The object that holds a command's arguments.
    static func arguments(of command: Command) -> JSONValue {
        let properties = command.arguments.map { argument -> JSONValue.Member in
            var schema = members(of: argument)
            schema.append(.init("description", .string(argument.summary)))
            if let fallback = argument.fallback {
                schema.append(.init("default", fallback.json))
            }
            if argument.isSecret { schema.append(.init("writeOnly", true)) }
            return .init(argument.name, .object(schema))
        }
        let required = command.arguments.filter { $0.fallback == nil }
            .map { JSONValue.string($0.name) }
        var schema: [JSONValue.Member] = [
            .init("type", "object"), .init("properties", .object(properties)),
            .init("additionalProperties", false),
        ]
        if !required.isEmpty { schema.append(.init("required", .array(required))) }
        return .object(schema)
    }

    static func schema(of argument: CommandArgument) -> JSONValue { .object(members(of: argument)) }

    private static func members(of argument: CommandArgument) -> [JSONValue.Member] {
        switch argument.kind {
        case .string: text(argument)
        case .int: integer(argument.range)
        case .bool: [.init("type", "boolean")]
        case .user: address("xmpp-localpart", lengthMax: 1023)
        case .jid: address("xmpp-address", lengthMax: 3071)
        case .host: address("xmpp-domain", lengthMax: 1023)
        case .network: address("ip-network", lengthMax: 64)
        case .strings:
            [
                .init("type", "array"), .init("items", .object(text(argument))),
                .init("minItems", .int(argument.countMin)),
                .init("maxItems", .int(CommandArgument.stringsMax)),
            ]
        }
    }

    private static func text(_ argument: CommandArgument) -> [JSONValue.Member] {
        guard argument.choices.isEmpty else {
            return [
                .init("type", "string"),
                .init("enum", .array(argument.choices.map { .string($0) })),
            ]
        }
        var members: [JSONValue.Member] = [.init("type", "string")]
        if argument.isSecret { members.append(.init("format", "password")) }
        if argument.length.lowerBound > 0 {
            members.append(.init("minLength", .int(argument.length.lowerBound)))
        }
        members.append(.init("maxLength", .int(argument.length.upperBound)))
        members.append(.init("pattern", .string(argument.pattern ?? xmlPattern)))
        return members
    }

    private static func integer(_ range: ClosedRange<Int>) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("type", "integer")]
        if range.lowerBound > .min { members.append(.init("minimum", .int(range.lowerBound))) }
        if range.upperBound < .max { members.append(.init("maximum", .int(range.upperBound))) }
        if range == Int.min...Int.max { members.append(.init("format", "int64")) }
        return members
    }

    /// Which characters an address may have is told by RFC 7622, not by a pattern.
    private static func address(_ format: String, lengthMax: Int) -> [JSONValue.Member] {
        [
            .init("type", "string"), .init("format", .string(format)), .init("minLength", 1),
            .init("maxLength", .int(lengthMax)),
        ]
    }

    // MARK: examples

    /// A call with every argument that must be there; `nil` when one has no example.
    static func example(of command: Command) -> JSONValue? {
        var members: [JSONValue.Member] = []
        for argument in command.arguments where argument.fallback == nil {
            guard let example = example(of: argument) else { return nil }
            members.append(.init(argument.name, example))
        }
        return .object(members)
    }

    static func example(of argument: CommandArgument) -> JSONValue? {
        guard let example = argument.example else { return nil }
        switch argument.kind {
        case .string, .user, .jid, .host, .network: return .string(example)
        case .int: return Int(example).map { .int($0) }
        case .bool: return Bool(example).map { .bool($0) }
        case .strings: return .array(example.split(separator: ";").map { .string(String($0)) })
        }
    }

    // MARK: results

    /// What a command answers with.
    static func result(_ shape: CommandResult.Shape) -> JSONValue {
        switch shape {
        case .code: ["type": "integer", "description": "0 is success."]
        case .number: ["type": "integer"]
        case .string, .text: ["type": "string"]
        case .records(let columns):
            ["type": "array", "items": columns.count == 1 ? value(columns[0]) : row(columns)]
        case .record(let columns): row(columns)
        case .document: ["description": "Any JSON."]
        }
    }

    private static func row(_ columns: [CommandColumn]) -> JSONValue {
        [
            "type": "object", "additionalProperties": false,
            "required": .array(columns.map { .string($0.name) }),
            "properties": .object(columns.map { .init($0.name, value($0)) }),
        ]
    }

    private static func value(_ column: CommandColumn) -> JSONValue {
        let type: JSONValue =
            switch column.kind {
            case .string: "string"
            case .int: "integer"
            case .bool: "boolean"
            case .strings: "array"
            }
        var members: [JSONValue.Member] = [
            .init("type", column.isOptional ? [type, "null"] : type)
        ]
        if column.kind == .strings { members.append(.init("items", ["type": "string"])) }
        if !column.summary.isEmpty {
            members.append(.init("description", .string(column.summary)))
        }
        return .object(members)
    }
}
