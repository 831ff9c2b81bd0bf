import Testing

@testable import XMPPCore

@Suite("Where tags end")
struct TagEndsTests {
    /// The pieces that `text` is fed in when it comes in chunks of `size` bytes.
    private func pieces(_ text: String, size: Int = .max) -> [String] {
        var tags = TagEnds()
        var pieces: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let chunk = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            chunk.withUnsafeBytes { bytes in
                var start = 0
                while start < bytes.count {
                    let end = tags.next(in: bytes, from: start)
                    pieces.append(String(decoding: bytes[start..<end], as: UTF8.self))
                    start = end
                }
            }
        }
        return pieces
    }

    @Test("Each tag ends a piece; text goes with the tag behind it")
    func tags() {
        #expect(pieces("<a><b/>text</a> ") == ["<a>", "<b/>", "text</a>", " "])
        #expect(pieces("<?xml version='1.0'?><a>") == ["<?xml version='1.0'?>", "<a>"])
    }

    @Test("What stands in quotes or in text ends nothing, however often")
    func noEnds() {
        let many = String(repeating: ">", count: 60_000)
        #expect(pieces("<a b='\(many)'/>").count == 1)
        #expect(pieces("<a b=\"'>'>\" c='\">'/>x") == ["<a b=\"'>'>\" c='\">'/>", "x"])
        #expect(pieces("<a>\(many)</a>").count == 2)
        #expect(pieces(many).count == 1)
    }

    @Test("Chunks may be cut anywhere", arguments: [1, 2, 3, 7])
    func cut(size: Int) {
        let text = "<a b='>'><c d=\">>\"/>></a>"
        let ends = pieces(text, size: size).filter { $0.hasSuffix(">") }
        // The three that end a tag, and those whose chunk ends by chance behind another.
        #expect(pieces(text, size: size).joined() == text)
        #expect(ends.count >= 3)
        #expect(pieces(text) == ["<a b='>'>", "<c d=\">>\"/>", "></a>"])
    }
}
