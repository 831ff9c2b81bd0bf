import ControlProtocol
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Command registry")
struct CommandRegistryTests {
    /// Answers what arguments it got.
    static let echo = Command(
        "echo", "Repeats its arguments.", tag: .server,
        arguments: [
            CommandArgument("text", .string, "Any text."),
            CommandArgument("count", .int, "A number."),
            CommandArgument("loud", .bool, "A truth value.", default: .bool(false)),
            CommandArgument("who", .jid, "An address.", default: .string("nobody")),
            CommandArgument("host", .host, "A domain.", default: .string("nowhere")),
            CommandArgument("password", .string, "A secret.", default: .string(""), isSecret: true),
        ], result: .text
    ) { arguments throws(CommandError) in
        let who = (try? arguments.jid("who"))?.description ?? "-"
        let host = (try? arguments.host("host"))?.text ?? "-"
        return .text(
            "\(arguments.string("text")) \(arguments.int("count")) \(arguments.bool("loud")) "
                + "\(who) \(host) \(arguments.string("password"))")
    }

    static let failing = Command("fail", "Fails.", tag: .accounts) { _ throws(CommandError) in
        throw CommandError(.conflict, "it is there already")
    }

    private let registry = CommandRegistry([echo, failing])

    static let goodCalls: [(JSONValue, String)] = [
        (["text": "a", "count": 2], "a 2 false - - "),
        (["count": "-3", "text": "", "loud": "true"], " -3 true - - "),
        (["a", 2], "a 2 false - - "),
        (
            ["a", "2", "false", "Juliet@Example.COM/x", "EXAMPLE.com.", "secret"],
            "a 2 false juliet@example.com/x example.com secret"
        ),
    ]

    @Test(
        "Arguments by name or in order, with defaults and text that reads as a number",
        arguments: goodCalls)
    func good(arguments: JSONValue, answer: String) async throws {
        #expect(try await registry.run("echo", arguments) == .text(answer))
    }

    static let badCalls: [(JSONValue, String)] = [
        (nil, "missing argument text; missing argument count"),
        ([], "missing argument text; missing argument count"),
        (["a"], "missing argument count"),
        (["text": "a", "count": 1, "x": 1], "unknown argument x"),
        (
            [1, "two"],
            "argument text must be a string, not a number; "
                + "argument count must be a whole number, not \"two\""
        ), (["a", .double(1.5)], "argument count must be a whole number, not a number"),
        (
            ["a", "99999999999999999999"],
            "argument count must be a whole number, not \"99999999999999999999\""
        ),
        (["a", 1, "yes"], "argument loud must be true or false, not \"yes\""),
        (["a", 1, nil], "argument loud must be true or false, not null"),
        (["a", 1, true, "a@"], "argument who must be an address, not \"a@\""),
        (["a", 1, true, "a", "b@c"], "argument host must be a domain name, not \"b@c\""),
        (["a", 1, true, "a", "b", 5], "argument password must be a string, not a number"),
        (["a", 1, true, "a", "b", "c", "d"], "7 arguments given, at most 6 taken"),
        ("a", "the arguments must be an object; missing argument text; missing argument count"),
    ]

    @Test(
        "Wrong arguments are all named at once",
        arguments: badCalls)
    func bad(arguments: JSONValue, text: String) async {
        await #expect(throws: CommandError(.badArguments, text)) {
            try await registry.run("echo", arguments)
        }
    }

    @Test("A long wrong value is cut in the complaint")
    func longValue() async {
        let error = await #expect(throws: CommandError.self) {
            try await registry.run("echo", ["a", .string(String(repeating: "x", count: 5000))])
        }
        #expect((error?.text.count ?? 5000) < 200)
    }

    @Test("An unknown command is refused, a failing one passes its error on")
    func errors() async {
        await #expect(throws: CommandError(.unknownCommand, "there is no command nope")) {
            try await registry.run("nope")
        }
        await #expect(throws: CommandError(.conflict, "it is there already")) {
            try await registry.run("fail")
        }
    }

    @Test("Commands come and go; the first of a name stays")
    func register() async throws {
        let registry = CommandRegistry()
        let second = Command("fail", "Other.", tag: .server) { _ throws(CommandError) in .success }
        #expect(registry.register(Self.failing))
        #expect(!registry.register(second))
        #expect(registry["fail"]?.summary == "Fails.")
        registry.unregister("fail")
        #expect(registry.register(second))
        #expect(try await registry.run("fail") == .success)
        #expect(registry.all.map(\.name) == ["fail"])
    }

    @Test("A declaration tells all a caller must know")
    func declaration() {
        let declaration = Self.echo.declaration
        #expect(declaration["name"] == "echo")
        #expect(declaration["tag"] == "server")
        #expect(declaration["result"] == "text")
        let arguments = declaration["arguments"]?.array ?? []
        #expect(
            arguments.map { $0["name"]?.string } == [
                "text", "count", "loud", "who", "host", "password",
            ])
        #expect(arguments[1]["type"] == "int")
        #expect(arguments[1]["default"] == nil)
        #expect(arguments[2]["default"] == false)
        #expect(arguments[5]["secret"] == true)
        #expect(registry.declarations.array?.count == 2)
    }
}

@Suite("Command results")
struct CommandResultTests {
    static let encoded: [(CommandResult, String, String)] = [
        (CommandResult.success, "0", ""), (.code(0, "Done."), "0", "Done."),
        (.code(3), "3", "code 3"), (.string("a\nb"), "\"a\\nb\"", "a\nb"),
        (.text("hello"), "\"hello\"", "hello"),
        (.document(["a": 1], text: "a is 1"), "{\"a\":1}", "a is 1"),
        (
            .records(columns: ["user"], rows: [["romeo"], ["juliet"]]),
            "[\"romeo\",\"juliet\"]",
            "romeo\njuliet"
        ), (.records(columns: ["user"], rows: []), "[]", ""),
        (
            .records(columns: ["user", "n"], rows: [["romeo", 1], ["é", nil]]),
            "[{\"user\":\"romeo\",\"n\":1},{\"user\":\"é\",\"n\":null}]",
            "user   n\nromeo  1\né      -"
        ),
        (
            .records(columns: ["a", "b"], rows: [["x\u{1B}[31m\ny", ""]]),
            "[{\"a\":\"x\\u001b[31m\\ny\",\"b\":\"\"}]", "a         b\nx?[31m?y  -"
        ),
    ]

    @Test(
        "Each form has one JSON and one text",
        arguments: encoded)
    func encodings(result: CommandResult, json: String, text: String) {
        #expect(result.json.description == json)
        #expect(result.text == text)
    }

    @Test("Rows shorter or longer than the columns do not trap")
    func ragged() {
        let result = CommandResult.records(columns: ["a", "b"], rows: [[], [1, 2, 3]])
        #expect(result.text == "a  b\n\n1  2")
        #expect(result.json.description == "[{},{\"a\":1,\"b\":2}]")
        #expect(CommandResult.records(columns: ["a"], rows: [[]]).json.description == "[null]")
        #expect(CommandResult.records(columns: [], rows: [[]]).text == "-")
    }
}

@Suite("Server commands", .timeLimit(.minutes(1)))
struct ServerCommandTests {
    @Test("supervisor shows the tree as text and as JSON")
    func supervisor() async throws {
        let stage = Stage()
        let c = stage.actor("web")
        c.failStarts(Array(repeating: "port taken", count: 1000))
        let below = stage.supervisor(
            .restForOne, name: "below", streams: { 3 }, children: [c.spec()])
        let root = stage.supervisor(
            name: "martlet",
            children: [
                stage.actor("router").spec().noted("after"), .supervisor(below),
                stage.actor("sm").spec(),
            ])
        await root.start()
        stage.clock.advance(by: .seconds(3725))
        // That long a time has it try again.
        var result = try await CommandRegistry([.supervisor(root)]).run("supervisor")
        while !result.text.contains("backing_off") {
            await Task.yield()
            result = try await CommandRegistry([.supervisor(root)]).run("supervisor")
        }
        #expect(
            result.text == """
                part       state        restarts  uptime  strategy      streams  note   last error
                martlet    running      0         1h 2m   one_for_one   -        -      -
                ├─ router  running      0         1h 2m   -             -        after  -
                ├─ below   running      0         1h 2m   rest_for_one  3        -      -
                │  └─ web  backing_off  0         -       -             -        -      port taken
                └─ sm      running      0         1h 2m   -             -        -      -
                """)
        let children = result.json["children"]?.array ?? []
        #expect(result.json["uptime"] == 3725)
        #expect(children.map { $0["kind"] } == ["worker", "supervisor", "worker"])
        #expect(children.map { $0["streams"] } == [.null, 3, .null])
        #expect(children.map { $0["note"] } == ["after", .null, .null])
        let listener = children[1]["children"]?.array?.first
        #expect(listener?["state"] == "backing_off")
        #expect(listener?["error"] == "port taken")
        #expect(listener?["uptime"] == .null)
        await root.stop()
    }

    @Test(
        "A duration in its two greatest units",
        arguments: [
            (0, "0s"), (59, "59s"), (60, "1m 0s"), (3600, "1h 0m"), (90061, "1d 1h"), (-5, "0s"),
        ])
    func words(seconds: Int, text: String) {
        #expect(SupervisionSnapshot.words(for: .seconds(seconds)) == text)
    }

    @Test("stop drains and answers; reload_config says what changed or why not")
    func life() async throws {
        let isDrained = Observed(false)
        let registry = CommandRegistry([
            .stop { isDrained.update { $0 = true } },
            .reloadConfiguration { "2 listeners changed" },
        ])
        #expect(try await registry.run("stop").text == "The server is stopping.")
        #expect(isDrained.value)
        #expect(try await registry.run("reload_config").text == "2 listeners changed")
        registry.unregister("reload_config")
        registry.register(.reloadConfiguration { throw Failure(text: "line 3: unknown key") })
        await #expect(throws: CommandError(.failed, "line 3: unknown key")) {
            try await registry.run("reload_config")
        }
    }
}
