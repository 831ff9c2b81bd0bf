import Testing

@testable import ControlProtocol

@Suite("JSON · RFC 8259")
struct JSONTests {
    static let validTexts: [(String, JSONValue)] = [
        ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0),
        ("-12", -12), ("9223372036854775807", .int(.max)),
        ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("1.5", .double(1.5)),
        ("1e2", .double(100)), ("-2.5E-1", .double(-0.25)), ("1E+0", .double(1)),
        ("\"\"", ""), ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\u{8}\u{C}\n\r\t"),
        ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"), ("\"\\ud83d\\ude00\"", "😀"), ("\"é😀\"", "é😀"),
        ("\"\\u0000\"", "\0"), ("\"\u{7F}\"", "\u{7F}"), ("[]", []), ("[ ]", []),
        ("[1,[2],{}]", [1, [2], [:]]), ("{}", [:]), ("{ }", [:]),
        ("{\"a\":1,\"b\":{\"a\":[null]}}", ["a": 1, "b": ["a": [nil]]]),
        ("\t\r\n{ \"a\" : 1 }\n", ["a": 1]),
    ]

    @Test(
        "Valid texts",
        arguments: validTexts)
    func valid(text: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(text.utf8) == value)
    }

    static let invalidTexts: [(String, JSONError.Reason, Int)] = [
        ("", JSONError.Reason.unexpectedEnd, 0), (" ", .unexpectedEnd, 1),
        ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedByte, 3), ("True", .unexpectedByte, 0),
        ("'a'", .unexpectedByte, 0), ("01", .badNumber, 1), ("-", .badNumber, 1),
        ("-01", .badNumber, 2), ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0),
        ("1.", .badNumber, 2), ("1.e1", .badNumber, 2), ("1e", .badNumber, 2),
        ("1e+", .badNumber, 3), ("1e999", .badNumber, 5), ("0x1", .trailingBytes, 1),
        ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0),
        ("1 2", .trailingBytes, 2), ("{}x", .trailingBytes, 2), ("\"a", .unexpectedEnd, 2),
        ("\"a\nb\"", .unexpectedByte, 2), ("\"\u{1}\"", .unexpectedByte, 1),
        ("\"\\x\"", .badEscape, 3), ("\"\\", .unexpectedEnd, 2),
        ("\"\\u12\"", .badEscape, 5), ("\"\\u12", .unexpectedEnd, 5),
        ("\"\\ud83d\"", .badEscape, 7), ("\"\\ud83dx\"", .badEscape, 7),
        ("\"\\ude00\"", .badEscape, 7), ("\"\\ud83d\\u0041\"", .badEscape, 13),
        ("[1,]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3), ("[", .unexpectedEnd, 1),
        ("[1", .unexpectedEnd, 2), ("]", .unexpectedByte, 0), ("{\"a\"}", .unexpectedByte, 4),
        ("{\"a\":}", .unexpectedByte, 5), ("{\"a\":1,}", .unexpectedByte, 7),
        ("{a:1}", .unexpectedByte, 1), ("{1:1}", .unexpectedByte, 1),
        ("{\"a\":1 \"b\":2}", .unexpectedByte, 7), ("{\"a\":1,\"a\":2}", .duplicateName, 10),
        ("\u{FEFF}1", .unexpectedByte, 0), ("// c\n1", .unexpectedByte, 0),
    ]

    @Test(
        "Texts that are not JSON, and where they go wrong",
        arguments: invalidTexts)
    func invalid(text: String, reason: JSONError.Reason, offset: Int) {
        #expect(throws: JSONError(reason: reason, offset: offset)) {
            try JSONValue.parse(text.utf8)
        }
    }

    @Test(
        "Bytes that are not UTF-8",
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ])
    func notUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError(reason: .notUTF8, offset: 0)) { try JSONValue.parse(bytes) }
    }

    @Test("Depth and length are limited, and allowed up to the limit")
    func limits() throws {
        let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        _ = try JSONValue.parse(nested(32).utf8)
        #expect(throws: JSONError(reason: .tooDeep, offset: 32)) {
            try JSONValue.parse(nested(33).utf8)
        }
        #expect(throws: JSONError.self) {
            try JSONValue.parse(String(repeating: "{\"a\":", count: 100_000).utf8)
        }
        _ = try JSONValue.parse("[1]".utf8, bytesMax: 3)
        #expect(throws: JSONError(reason: .tooLong, offset: 0)) {
            try JSONValue.parse("[1] ".utf8, bytesMax: 3)
        }
    }

    @Test("Cut or changed anywhere, a text is refused or read but never traps")
    func mutations() {
        let text = Array("{\"a\":[1,-2.5e3,\"\\ud83d\\ude00\\n\",true,null],\"b\":{\"é\":0}}".utf8)
        for place in text.indices {
            #expect(throws: JSONError.self) { try JSONValue.parse(text[..<place]) }
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[place] = byte
                guard let value = try? JSONValue.parse(changed) else { continue }
                #expect((try? JSONValue.parse(value.utf8)) == value)
            }
        }
    }

    static let writtenValues: [(JSONValue, String)] = [
        (JSONValue.null, "null"), (true, "true"), (-5, "-5"), (.double(0.5), "0.5"),
        (.double(.infinity), "null"), (.double(.nan), "null"),
        ("q\"\\\n\r\t\u{1}\u{7F}é", "\"q\\\"\\\\\\n\\r\\t\\u0001\\u007fé\""),
        ([1, ["a": nil]], "[1,{\"a\":null}]"), (["b": [], "a": [:]], "{\"b\":[],\"a\":{}}"),
    ]

    @Test(
        "Values are written on one line",
        arguments: writtenValues)
    func written(value: JSONValue, text: String) {
        #expect(value.description == text)
    }
}
