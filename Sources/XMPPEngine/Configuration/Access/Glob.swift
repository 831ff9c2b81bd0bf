/// A shell-like pattern: `*` any text, `?` one character, `[a-z]` and `[!a-z]` one of a set,
/// `\` takes the next character literally.
package struct Glob: Sendable, Equatable {
    private enum Piece: Equatable {
        case anyText
        case anyCharacter
        case literal(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], isExcluding: Bool)
    }

    /// Longest pattern, in bytes of UTF-8.
    package static let patternBytesMax = 1024

    package let text: String
    private let pieces: [Piece]

    /// `nil` for a set that is not closed, a range that runs backwards, a pattern that is too long.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.patternBytesMax else { return nil }
        self.text = text
        var rest = Array(text.unicodeScalars)[...]
        var pieces: [Piece] = []
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*":
                if pieces.last != .anyText { pieces.append(.anyText) }
            case "?": pieces.append(.anyCharacter)
            case "[":
                guard let set = Self.set(from: &rest) else { return nil }
                pieces.append(set)
            case "\\": pieces.append(.literal(rest.popFirst() ?? "\\"))
            case let other: pieces.append(.literal(other))
            }
        }
        self.pieces = pieces
    }

    private static func set(from rest: inout ArraySlice<Unicode.Scalar>) -> Piece? {
        let isExcluding = rest.first == "!" || rest.first == "^"
        if isExcluding { rest.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let lower = rest.popFirst() {
            if lower == "]", !ranges.isEmpty { return .set(ranges, isExcluding: isExcluding) }
            guard rest.first == "-", rest.dropFirst().first != "]" else {
                ranges.append(lower...lower)
                continue
            }
            rest.removeFirst()
            guard let upper = rest.popFirst(), lower <= upper else { return nil }
            ranges.append(lower...upper)
        }
        return nil
    }

    /// Whether the whole text fits the pattern; at most pattern × text steps.
    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var (piece, position) = (0, 0)
        var retry: (piece: Int, position: Int)?
        while position < scalars.count {
            if piece < pieces.count, pieces[piece] == .anyText {
                retry = (piece, position)
                piece += 1
            } else if piece < pieces.count, Self.fits(scalars[position], pieces[piece]) {
                piece += 1
                position += 1
            } else if let from = retry {
                retry = (from.piece, from.position + 1)
                (piece, position) = (from.piece + 1, from.position + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anyText }
    }

    private static func fits(_ scalar: Unicode.Scalar, _ piece: Piece) -> Bool {
        switch piece {
        case .anyText, .anyCharacter: true
        case .literal(let literal): literal == scalar
        case .set(let ranges, let isExcluding):
            ranges.contains { $0.contains(scalar) } != isExcluding
        }
    }

    package static func == (left: Glob, right: Glob) -> Bool { left.text == right.text }
}
