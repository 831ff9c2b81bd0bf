import Testing

@testable import XMPPConfig

@Suite("Globs and regular expressions")
struct PatternTests {
    @Test(
        "A glob matches whole texts",
        arguments: [
            ("*", ""), ("*", "anything"), ("a*c", "abbbc"), ("a*c", "ac"), ("a?c", "abc"),
            ("[abc]x", "bx"), ("[!abc]x", "dx"), ("[a-c]x", "bx"), ("[^a]x", "bx"),
            ("\\*", "*"), ("**a**", "bab"), ("[]]", "]"), ("[a-]", "-"), ("*ö*", "schön"),
            ("*a*b*c", "xaxbxc"),
        ])
    func globMatches(pattern: String, text: String) throws {
        #expect(try #require(Glob(pattern)).matches(text))
    }

    @Test(
        "A glob matches nothing else",
        arguments: [
            ("", "a"), ("a", ""), ("a*c", "abcd"), ("a?c", "ac"), ("[abc]x", "dx"),
            ("[!abc]x", "ax"), ("\\*", "a"), ("a", "A"), ("*a", "ab"), ("?", "ab"),
        ])
    func globDiffers(pattern: String, text: String) throws {
        #expect(!(try #require(Glob(pattern)).matches(text)))
    }

    @Test("A glob that cannot be read is refused", arguments: ["[", "[a", "[b-a]", "[!]"])
    func globInvalid(pattern: String) {
        #expect(Glob(pattern) == nil)
    }

    @Test("A glob too long is refused; a costly one ends")
    func globLimits() throws {
        #expect(Glob(String(repeating: "a", count: 1025)) == nil)
        let costly = try #require(Glob(String(repeating: "*a", count: 400) + "b"))
        #expect(!costly.matches(String(repeating: "a", count: 1000)))
    }

    @Test(
        "An expression is found anywhere unless anchored",
        arguments: [("", ""), ("a", "bab"), ("^a+$", "aaa"), ("(a|b){2}", "xab"), ("\\.", "a.b")])
    func expressionMatches(pattern: String, text: String) throws {
        #expect(try RegularExpression(pattern).matches(text))
    }

    @Test(
        "An expression does not match what it does not describe",
        arguments: [("^a$", "ab"), ("[0-9]", "abc"), ("a{3}", "aa"), ("x", "")])
    func expressionDiffers(pattern: String, text: String) throws {
        #expect(try !RegularExpression(pattern).matches(text))
    }

    @Test(
        "An expression that cannot be compiled, or means something else in Perl, is refused",
        arguments: ["(", "a{2,1}", "[b-a]", "[a", "*?", "(?i)a", "\\d+", "\\Aa", "a+?", "a\0b"])
    func expressionInvalid(pattern: String) {
        #expect(throws: InvalidExpression.self) { try RegularExpression(pattern) }
    }

    @Test("An expression is bounded, and so is the text it is tried on")
    func expressionLimits() throws {
        #expect(throws: InvalidExpression.self) {
            try RegularExpression(String(repeating: "a", count: 1025))
        }
        #expect(try !RegularExpression("a").matches(String(repeating: "a", count: 3070)))
        #expect(try RegularExpression("\\\\d").matches("\\d"))
    }
}
