/// Reads terms, each ended by a full stop: tuples, lists, atoms, strings, binaries, numbers and
/// `%` comments.
struct ErlangTermReader {
    static let depthMax = 64
    static let termsMax = 200_000

    private let file: String
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    private var termCount = 0

    /// All terms of a text.
    ///
    /// - Throws: At the first thing that is no term; what follows cannot be told apart.
    static func terms(
        in text: String, file: String
    ) throws(ConfigurationError) -> [ErlangTerm] {
        var reader = ErlangTermReader(file: file, bytes: Array(text.utf8))
        var terms: [ErlangTerm] = []
        reader.skipSpace()
        while reader.peek != nil {
            terms.append(try reader.term(depth: 0))
            reader.skipSpace()
            try reader.expect(".", after: "a term")
            reader.skipSpace()
        }
        return terms
    }

    private init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    // MARK: bytes

    private var position: SourcePosition {
        SourcePosition(file: file, line: line, column: index - lineStart + 1)
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var next: UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }

    private mutating func advance() {
        if peek == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        index += 1
    }

    private mutating func skipSpace() {
        while let byte = peek {
            if byte == UInt8(ascii: "%") {
                while let inner = peek, inner != UInt8(ascii: "\n") { advance() }
            } else if byte <= 0x20 {
                advance()
            } else {
                return
            }
        }
    }

    private func failure(_ message: String) -> ConfigurationError {
        ConfigurationError(at: position, message)
    }

    private var found: String {
        guard let byte = peek else { return "the end of the file" }
        return "`\(Character(Unicode.Scalar(byte < 0x80 ? byte : UInt8(ascii: "?"))))`"
    }

    private mutating func expect(
        _ mark: Unicode.Scalar, after what: String
    ) throws(ConfigurationError) {
        guard peek == UInt8(ascii: mark) else {
            throw failure("expected `\(mark)` after \(what), found \(found)")
        }
        advance()
    }

    // MARK: terms

    private mutating func term(depth: Int) throws(ConfigurationError) -> ErlangTerm {
        skipSpace()
        termCount += 1
        guard depth <= Self.depthMax else {
            throw failure("nested deeper than \(Self.depthMax) levels")
        }
        guard termCount <= Self.termsMax else { throw failure("has more terms than are read") }
        let start = position
        guard let byte = peek else { throw failure("the file ends within a term") }
        let content: ErlangTerm.Content
        switch byte {
        case UInt8(ascii: "{"):
            content = .tuple(try items(until: "}", depth: depth))
        case UInt8(ascii: "["):
            content = .list(try items(until: "]", depth: depth))
        case UInt8(ascii: "\""):
            content = .text(try strings())
        case UInt8(ascii: "<"):
            content = .text(try binary())
        case UInt8(ascii: "'"):
            content = .atom(try quoted(by: UInt8(ascii: "'")))
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            content = .atom(word())
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"):
            content = .number(try number())
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            throw failure("`\(word())` is a variable, which has no value here")
        case _:
            throw failure("expected a term, found \(found)")
        }
        return ErlangTerm(content: content, position: start)
    }

    private mutating func items(
        until end: Unicode.Scalar, depth: Int
    ) throws(ConfigurationError) -> [ErlangTerm] {
        let opening = position
        advance()
        skipSpace()
        var items: [ErlangTerm] = []
        while peek != UInt8(ascii: end) {
            guard peek != nil else {
                throw ConfigurationError(at: opening, "`\(end)` is missing: this is never closed")
            }
            items.append(try term(depth: depth + 1))
            skipSpace()
            if peek == UInt8(ascii: ",") {
                advance()
                skipSpace()
                guard peek != UInt8(ascii: end) else {
                    throw failure("expected a term after `,`, found \(found)")
                }
            } else if peek != UInt8(ascii: end), peek != nil {
                throw failure("expected `,` or `\(end)`, found \(found)")
            }
        }
        advance()
        return items
    }

    private mutating func word() -> String {
        let start = index
        while let byte = peek, Self.isWordByte(byte) { advance() }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "@"):
            true
        case _: false
        }
    }

    private mutating func number() throws(ConfigurationError) -> String {
        let start = index
        if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { advance() }
        var digits = 0
        while let byte = peek {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            let isPoint =
                byte == UInt8(ascii: ".")
                && next.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
            guard isDigit || isPoint else { break }
            digits += isDigit ? 1 : 0
            advance()
        }
        let isEnded = peek.map { !Self.isWordByte($0) && $0 != UInt8(ascii: "#") } ?? true
        guard digits > 0, isEnded else { throw failure("this is not a number in base 10") }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// One string, or several in a row, which Erlang joins.
    private mutating func strings() throws(ConfigurationError) -> String {
        var text = try quoted(by: UInt8(ascii: "\""))
        skipSpace()
        while peek == UInt8(ascii: "\"") {
            text += try quoted(by: UInt8(ascii: "\""))
            skipSpace()
        }
        return text
    }

    private mutating func binary() throws(ConfigurationError) -> String {
        guard next == UInt8(ascii: "<") else { throw failure("expected `<<`") }
        advance()
        advance()
        skipSpace()
        let text = peek == UInt8(ascii: "\"") ? try strings() : ""
        // A type such as `/utf8` may follow.
        if peek == UInt8(ascii: "/") {
            advance()
            guard word() == "utf8" else { throw failure("only `/utf8` is known here") }
        }
        skipSpace()
        try expect(">", after: "the text of a binary")
        try expect(">", after: "the text of a binary")
        return text
    }

    private mutating func quoted(by quote: UInt8) throws(ConfigurationError) -> String {
        let opening = position
        advance()
        var text: [UInt8] = []
        while let byte = peek, byte != quote {
            advance()
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escaped = peek else { break }
            advance()
            text.append(Self.meaning(of: escaped))
        }
        guard peek == quote else {
            throw ConfigurationError(at: opening, "the closing quote is missing")
        }
        advance()
        return String(decoding: text, as: UTF8.self)
    }

    private static func meaning(of escaped: UInt8) -> UInt8 {
        switch escaped {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "s"): 0x20
        case UInt8(ascii: "e"): 0x1B
        case _: escaped
        }
    }
}
