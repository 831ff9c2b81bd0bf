/// A Swift file as the rules look at it.
struct SourceFile: Sendable {
    /// Below the repository's root.
    let path: String
    let lines: [Substring]
    /// The lines with comments and the insides of strings left out.
    let code: [Substring]

    init(path: String) {
        self.path = path
        let text = Repository.text(of: path)
        lines = Self.split(text)
        var stripper = CodeStripper()
        code = Self.split(stripper.strip(text))
    }

    /// `Sources/XMPPEngine/Streams/…` is in `Streams`, `Sources/martletd/…` in `martletd`.
    var folder: Substring {
        let steps = path.split(separator: "/")
        return steps.count > 3 ? steps[2] : steps[1]
    }

    func place(_ index: Int) -> String { "\(path):\(index + 1)" }

    /// Whether a line is a string and nothing else, or a piece of a long one.
    func isOneString(_ index: Int) -> Bool {
        code[index].words.isEmpty && !lines[index].trimmed.hasPrefix("//")
    }

    private static func split(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

/// Blanks comments and strings, and keeps the lines where they are.
struct CodeStripper {
    private enum Place { case code, lineComment, blockComment, string, longString }

    private var place = Place.code

    mutating func strip(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let rest = bytes[index...]
            let step = step(rest)
            if rest.first == UInt8(ascii: "\n") {
                kept.append(UInt8(ascii: "\n"))
            } else if step.isCode {
                kept.append(bytes[index])
            }
            index += step.count
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// How many bytes go now, and whether the first is code.
    private mutating func step(_ rest: ArraySlice<UInt8>) -> (count: Int, isCode: Bool) {
        func begins(_ mark: StaticString) -> Bool {
            mark.withUTF8Buffer { rest.starts(with: $0) }
        }
        switch place {
        case .code:
            if begins("//") { place = .lineComment } else if begins("/*") { place = .blockComment }
            if begins("\"\"\"") {
                place = .longString
                return (3, false)
            }
            if begins("\"") { place = .string }
            return (1, place == .code)
        case .lineComment:
            if begins("\n") { place = .code }
        case .blockComment:
            if begins("*/") {
                place = .code
                return (2, false)
            }
        case .string, .longString:
            if begins("\\\n") { return (1, false) }
            if begins("\\") { return (2, false) }
            if place == .longString, begins("\"\"\"") {
                place = .code
                return (3, false)
            }
            if place == .string, begins("\"") || begins("\n") { place = .code }
        }
        return (1, false)
    }
}

extension Substring {
    var indentation: Int { prefix { $0 == " " }.count }

    /// Names and keywords, without what stands between them.
    var words: [Substring] {
        split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    }

    /// The text without white space around it.
    var trimmed: Substring {
        var text = drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
