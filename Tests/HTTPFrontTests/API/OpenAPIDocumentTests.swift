import ControlProtocol
import Testing
import XMPPConfig
import XMPPEngine

@testable import HTTPFront

@Suite("HTTP API: its description (OpenAPI 3.1)")
struct OpenAPIDocumentTests {
    private let commands: [Command]
    private let document: JSONValue

    init() throws {
        let configuration = try ConfigurationLoader.load(
            text: "hosts: [localhost]", named: "test.yml",
            schema: ConfigurationSchema(modules: [])
        ).configuration
        let server = Server(
            configuration: configuration,
            environment: ServerEnvironment(dataDirectory: "/nonexistent", version: "1", loops: 1),
            catalogue: [], factories: [:])
        server.registerCommands(reload: { "" }, check: { "" }, drain: {})
        let old = Command("status", "An old form.", tag: .server, version: -1) {
            _ throws(CommandError) in .success
        }
        server.commands.register(old)
        commands = server.commands.allVersions
        document = OpenAPIDocument(commands: commands, prefix: "/api", version: "1").json
    }

    private func operation(_ command: Command, _ method: String) -> JSONValue? {
        document["paths"]?["/\(command.name)"]?[method]
    }

    @Test("Every command is in it, in every version, with GET where that is safe")
    func complete() throws {
        #expect(commands.count > 25)
        var seen: Set<String> = []
        for command in commands {
            guard seen.insert(command.name).inserted else {
                let path = "/\(command.name)/v\(command.version)"
                #expect(document["paths"]?[path]?["post"] != nil, "\(path)")
                continue
            }
            #expect(operation(command, "post") != nil, "\(command.name)")
            #expect((operation(command, "get") != nil) == command.isSafe, "\(command.name)")
            #expect(operation(command, "post")?["summary"]?.string == command.summary)
        }
        guard case .object(let paths)? = document["paths"] else {
            Issue.record("no paths")
            return
        }
        #expect(Set(paths.map(\.name)).count == paths.count)
    }

    @Test("Every argument is in it with type, example and whether it must be there")
    func arguments() {
        for command in commands where command.version == 0 {
            let body = operation(command, "post")?["requestBody"]
            let schema = body?["content"]?["application/json"]?["schema"]
            #expect(schema?["additionalProperties"] == false)
            let required = schema?["required"]?.array ?? []
            for argument in command.arguments {
                let property = schema?["properties"]?[argument.name]
                #expect(property?["type"] != nil, "\(command.name).\(argument.name)")
                #expect(property?["description"]?.string == argument.summary)
                #expect(
                    required.contains(.string(argument.name)) == (argument.fallback == nil))
                #expect(argument.example != nil, "\(command.name).\(argument.name)")
            }
            #expect(body?["required"] == true)
        }
    }

    @Test("An example is a call that the command takes")
    func examples() throws {
        for command in commands {
            let example = try #require(OpenAPISchema.example(of: command))
            #expect(throws: Never.self, "\(command.name)") {
                try CommandArguments(checking: example, against: command.arguments, .strict)
            }
        }
    }

    @Test("Operation ids are unique, references lead somewhere")
    func references() throws {
        var ids: [String] = []
        var references: Set<String> = []
        func visit(_ value: JSONValue) {
            switch value {
            case .object(let members):
                for member in members {
                    if member.name == "operationId", let id = member.value.string {
                        ids.append(id)
                    }
                    if member.name == "$ref", let path = member.value.string {
                        references.insert(path)
                    }
                    visit(member.value)
                }
            case .array(let elements): elements.forEach(visit)
            case .null, .bool, .int, .double, .string: break
            }
        }
        visit(document)
        #expect(Set(ids).count == ids.count)
        for reference in references {
            var place: JSONValue? = document
            for step in reference.dropFirst(2).split(separator: "/") {
                place = place?[String(step)]
            }
            #expect(place != nil, "\(reference)")
        }
    }

    @Test("Both ways to log in are declared, and the failures with their shape")
    func failures() {
        let schemes = document["components"]?["securitySchemes"]
        #expect(schemes?["bearer"]?["scheme"]?.string == "bearer")
        #expect(schemes?["basic"]?["scheme"]?.string == "basic")
        let error = document["components"]?["schemas"]?["Error"]
        #expect(error?["required"]?.array?.count == 3)
        for status in [400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503] {
            #expect(document["components"]?["responses"]?["\(status)"] != nil, "\(status)")
        }
    }
}
