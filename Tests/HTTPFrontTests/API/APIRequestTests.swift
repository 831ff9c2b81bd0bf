import ControlProtocol
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("HTTP API: credentials · RFC 6750 §2.1, RFC 7617 §2")
struct APICredentialsTests {
    private func basic(_ pair: String) -> String { "Basic " + Base64.encode(pair.utf8) }

    @Test("A token, whatever the case of the scheme")
    func bearer() {
        #expect(APICredentials(nil) == .none)
        #expect(APICredentials("Bearer mt_ab-_~.+/=") == .bearer("mt_ab-_~.+/="))
        #expect(APICredentials("bEARER  x") == .bearer("x"))
    }

    @Test("An account and its password, which may hold colons")
    func accounts() throws {
        let juliet = try #require(BareJID("juliet@example.com"))
        #expect(
            APICredentials(basic("Juliet@example.com:a:b c"))
                == .basic(juliet, password: "a:b c"))
        #expect(APICredentials(basic("juliet@example.com:")) == .basic(juliet, password: ""))
        #expect(APICredentials(basic("juliet@example.com:ä🦜")) == .basic(juliet, password: "ä🦜"))
    }

    @Test(
        "Anything else is malformed",
        arguments: [
            "", "Bearer", "Bearer ", "Basic", "Bearer a b", "Bearer a\u{7F}", "Bearer é",
            "Basic !!!!", "Basic YQ=", "Basic " + Base64.encode("juliet@example.com".utf8),
            "Basic " + Base64.encode("example.com:p".utf8),
            "Basic " + Base64.encode("a@b/c:p".utf8), "Basic " + Base64.encode("@b:p".utf8),
            "Basic " + Base64.encode([0x61, 0x40, 0x62, 0x3A, 0xFF]), "Digest username=a",
            "Bearer " + String(repeating: "a", count: 9000),
        ])
    func malformed(value: String) {
        #expect(APICredentials(value) == .malformed)
    }
}

@Suite("HTTP API: arguments in the query")
struct APIQueryTests {
    private static let declared = [
        CommandArgument("a", .string, "A text."), CommandArgument("l", .strings, "A list."),
    ]

    static let good: [(String?, JSONValue)] = [
        (nil, [:]), ("", [:]), ("a=b", ["a": "b"]), ("a=b+c%20d%2B", ["a": "b c d+"]),
        ("a=", ["a": ""]), ("a", ["a": ""]), ("a=b=c", ["a": "b=c"]), ("a=%C3%A9", ["a": "é"]),
        ("l=x&l=y", ["l": ["x", "y"]]), ("l=x;y", ["l": "x;y"]), ("&a=b&&", ["a": "b"]),
        ("%61=b", ["a": "b"]), ("z=1", ["z": "1"]),
    ]

    @Test("Names and values are decoded; a list may come in parts", arguments: good)
    func decoding(query: String?, arguments: JSONValue) throws {
        #expect(try APIQuery.arguments(query, for: Self.declared) == arguments)
    }

    @Test(
        "Bad encodings and repeated names are refused",
        arguments: [
            "a=%", "a=%4", "a=%zz", "a=%FF", "a=%C3", "%=a", "a=1&a=2", "z=1&z=1",
            String(repeating: "a=1&", count: 300),
        ])
    func refused(query: String) {
        #expect(throws: APIError.self) { try APIQuery.arguments(query, for: Self.declared) }
    }
}

@Suite("HTTP API: addresses")
struct APIRouteTests {
    private static let registry = CommandRegistry([
        command("status", 0), command("list", 0), command("list", 2),
    ])

    private static func command(_ name: String, _ version: Int) -> Command {
        Command(name, "A test.", tag: .server, version: version) { _ throws(CommandError) in
            .success
        }
    }

    private func route(_ path: String, defaultVersion: Int? = nil) -> String {
        switch APIRoute(path, in: Self.registry, defaultVersion: defaultVersion) {
        case .command(let command): "\(command.name) \(command.version)"
        case .document: "document"
        case .events: "events"
        case .nothing: "nothing"
        }
    }

    @Test("A command's newest version, unless the address or the configuration names one")
    func versions() {
        #expect(route("/list") == "list 2")
        #expect(route("/list/v2") == "list 2")
        #expect(route("/list/v1") == "list 0")
        #expect(route("/list/v0") == "list 0")
        #expect(route("/list/v3") == "list 2")
        #expect(route("/status/v9999") == "status 0")
        #expect(route("/list", defaultVersion: 1) == "list 0")
        #expect(route("/list/v2", defaultVersion: 1) == "list 2")
        #expect(route("/openapi.json") == "document")
        #expect(route("/events") == "events")
    }

    @Test(
        "Everything else is nothing",
        arguments: [
            "", "/", "/List", "/lis", "/list/", "/list/v", "/list/2", "/list/v-1",
            "/list/v1/", "/list/v1/x", "//list", "/list/v99999", "/list/v٢", "/openapi.json/v0",
            "/events/v0",
            "/openapi", "list",
        ])
    func nothing(path: String) {
        #expect(route(path) == "nothing")
    }
}
