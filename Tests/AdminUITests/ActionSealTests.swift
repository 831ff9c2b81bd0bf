import Testing
import XMPPEngine

@testable import AdminUI

@Suite("Words of the console's own links")
struct ActionSealTests {
    private static let seal = ActionSeal(key: [1, 2, 3])
    private static let words = ActionWords(title: "New account", label: "Create", tone: "good")

    private static func fields(_ change: [String: String?] = [:]) -> [String: String] {
        var fields = Dictionary(uniqueKeysWithValues: words.parameters.map { ($0.name, $0.value) })
        fields["seal"] = seal.seal(words, of: "register")
        for (name, value) in change { fields[name] = value }
        return fields
    }

    @Test("Sealed words are shown")
    func own() {
        #expect(Self.seal.words(in: Self.fields(), of: "register") == Self.words)
    }

    @Test(
        "Others are not",
        arguments: [
            ["title": "Your session has expired"], ["label": "Continue"], ["tone": "bad"],
            ["seal": ""], ["seal": "AAAAAAAAAAAAAAAA"], ["seal": nil], ["title": nil],
        ] as [[String: String?]])
    func foreign(_ change: [String: String?]) {
        #expect(Self.seal.words(in: Self.fields(change), of: "register") == nil)
    }

    @Test("Nor those of another command, or of a server that was started before")
    func elsewhere() {
        #expect(Self.seal.words(in: Self.fields(), of: "unregister") == nil)
        #expect(ActionSeal(key: [1, 2]).words(in: Self.fields(), of: "register") == nil)
    }
}
