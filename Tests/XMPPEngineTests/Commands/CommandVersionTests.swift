import ControlProtocol
import Synchronization
import Testing
import XMPPConfig
import XMPPCore

@testable import XMPPEngine

@Suite("Commands: versions, names and types")
struct CommandVersionTests {
    private static func command(
        _ name: String, version: Int = 0, aliases: [String] = [],
        arguments: [CommandArgument] = []
    ) -> Command {
        Command(
            name, "A test.", tag: .server, version: version, aliases: aliases, effect: .reads,
            arguments: arguments, result: .string
        ) { arguments throws(CommandError) in .string("\(name) \(version)") }
    }

    @Test("A version means the command as it was then")
    func versions() {
        let registry = CommandRegistry([
            Self.command("a", version: 2), Self.command("a"), Self.command("b", version: 1),
        ])
        #expect(registry["a"]?.version == 2)
        #expect(registry.command("a", version: 0)?.version == 0)
        #expect(registry.command("a", version: 1)?.version == 0)
        #expect(registry.command("a", version: 2)?.version == 2)
        #expect(registry.command("a", version: 9)?.version == 2)
        #expect(registry.command("b", version: 0) == nil)
        #expect(registry.all.map(\.version) == [2, 1])
        #expect(registry.allVersions.map { "\($0.name)\($0.version)" } == ["a2", "a0", "b1"])
        #expect(!registry.register(Self.command("a", version: 2)))
        registry.unregister("a")
        #expect(registry.allVersions.map(\.name) == ["b"])
    }

    @Test("An alias leads to its command and is not listed")
    func aliases() {
        let registry = CommandRegistry([
            Self.command("a", aliases: ["old_a", "b"]), Self.command("b"),
        ])
        #expect(registry["old_a"]?.name == "a")
        #expect(registry["b"]?.name == "b")
        #expect(registry.all.map(\.name) == ["a", "b"])
        registry.unregister("a")
        #expect(registry["old_a"] == nil)
    }

    @Test("Only what changes nothing and has no secret may stand in a URL")
    func safety() {
        let secret = CommandArgument("p", .string, "A secret.", isSecret: true)
        #expect(Self.command("a").isSafe)
        #expect(!Self.command("a", arguments: [secret]).isSafe)
        let changing = Command("c", "A test.", tag: .server) { _ throws(CommandError) in .success }
        #expect(!changing.isSafe)
    }

    private static let arguments = [
        CommandArgument("n", .int, "A number.", default: .int(1), range: 1...10),
        CommandArgument("t", .string, "A text.", default: .string("ab"), length: 2...4),
        CommandArgument("c", .string, "A choice.", default: .string("x"), choices: ["x", "y"]),
        CommandArgument("u", .user, "A name.", default: .string("u")),
        CommandArgument("l", .strings, "A list.", default: .strings([])),
        CommandArgument("f", .bool, "A flag.", default: .bool(false)),
    ]

    private func check(
        _ given: JSONValue, _ typing: CommandArgument.Typing
    ) throws(CommandError) -> CommandArguments {
        try CommandArguments(checking: given, against: Self.arguments, typing)
    }

    static let strictOnly: [JSONValue] = [
        ["n": "5"], ["f": "true"], ["l": "a;b"], [], nil, [5],
    ]

    @Test("Text counts as a number, flag or list on the command line, not in JSON")
    func typing() throws {
        for given in Self.strictOnly {
            #expect(throws: Never.self) { try check(given, .textual) }
            #expect(throws: CommandError.self) { try check(given, .strict) }
        }
        #expect(try check(["l": "a;b;"], .textual).strings("l") == ["a", "b"])
        #expect(try check(["l": ["a;b"]], .strict).strings("l") == ["a;b"])
        #expect(try check(["n": .double(5)], .strict).int("n") == 5)
        #expect(try check(["u": "Juliet"], .strict).string("u") == "juliet")
        #expect(try check(["t": "🦜🦜🦜🦜"], .strict).string("t") == "🦜🦜🦜🦜")
    }

    static let wrong: [JSONValue] = [
        ["n": 0], ["n": 11], ["n": .double(5.5)], ["n": .double(1e300)], ["n": true],
        ["t": "a"], ["t": "abcde"], ["t": "a\u{0}b"], ["t": "a\u{1B}"], ["t": "a\u{FFFE}"],
        ["t": 55], ["c": "z"], ["c": ""], ["u": "a@b"], ["u": ""], ["u": "a b"],
        ["l": ["a", 1]], ["l": .array(Array(repeating: "a", count: 101))], ["l": ["\u{1}"]],
        ["f": 1], ["x": 1], ["n": nil], "text", 5, true,
    ]

    @Test("Values outside a declaration are refused", arguments: wrong)
    func refused(given: JSONValue) {
        #expect(throws: CommandError.self) { try check(given, .strict) }
        #expect(throws: CommandError.self) { try check(given, .textual) }
    }

    @Test("Secrets and private texts are not repeated in a complaint")
    func complaints() {
        let argument = CommandArgument("p", .int, "A secret number.", isSecret: true)
        #expect(
            throws: CommandError(.badArguments, "argument p must be a whole number, not a string")
        ) {
            try CommandArguments(checking: ["p": "hunter2"], against: [argument])
        }
    }
}
