import Testing

@testable import HTTPFront

@Suite("WebSocket frames · RFC 6455 §5.2")
struct FrameReaderTests {
    /// What a reader makes of bytes that come in pieces of a size.
    private static func read(_ bytes: [UInt8], by size: Int) -> (read: [String], isClean: Bool) {
        let reader = FrameReader()
        var read: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            piece.withUnsafeBytes { piece in
                reader.lend(piece)
                while let word = word(reader.next(), after: read.last) {
                    if word.joins { read.removeLast() }
                    read.append(word.text)
                    if word.text == "violation" { break }
                }
                #expect(reader.takeRest().isEmpty || read.last == "violation")
            }
        }
        return (read, reader.isClean)
    }

    private static func word(
        _ next: FrameReader.Next, after last: String?
    ) -> (text: String, joins: Bool)? {
        switch next {
        case .needsMore: return nil
        case .violation: return ("violation", false)
        case .piece(let piece):
            let text = String(decoding: piece.bytes, as: UTF8.self)
            let flags =
                (piece.isFinal ? "" : "+") + (piece.isCompressed ? "z" : "")
                + (piece.isMasked ? "" : "!") + (piece.hasReservedBits ? "r" : "")
            let end = piece.isLast ? "." : ""
            guard !piece.isFirst, let last else {
                return ("\(piece.opcode)\(flags) \(text)\(end)", false)
            }
            return (last + text + end, true)
        }
    }

    @Test("frames are the same however they are cut", arguments: [1, 2, 3, 5, 7, 4096])
    func cuts(size: Int) {
        let bytes =
            TestFrame.text("Hel", isFinal: false).bytes + TestFrame(.ping, "p").bytes
            + TestFrame(.continuation, "lo").bytes + TestFrame(.text, "").bytes
            + TestFrame(.text, String(repeating: "x", count: 200)).bytes
        let read = Self.read(bytes, by: size)
        #expect(
            read.read == [
                "text+ Hel.", "ping p.", "continuation lo.", "text .",
                "text " + String(repeating: "x", count: 200) + ".",
            ])
        #expect(read.isClean)
    }

    @Test("a long frame comes in pieces that add up", arguments: [4096, 65_536])
    func long(size: Int) {
        let text = String(repeating: "0123456789abcdef", count: 10_000)
        let read = Self.read(TestFrame(.text, text).bytes, by: size)
        #expect(read.read == ["text \(text)."])
        #expect(read.isClean)
    }

    @Test("the bits of the first byte are told")
    func bits() {
        #expect(Self.read(TestFrame(.text, "a", reserved: 4).bytes, by: 9).read == ["textz a."])
        #expect(Self.read(TestFrame(.text, "a", reserved: 3).bytes, by: 9).read == ["textr a."])
        #expect(Self.read(TestFrame(.text, "a", isMasked: false).bytes, by: 9).read == ["text! a."])
        #expect(Self.read([0x83, 0x80, 0, 0, 0, 0], by: 9).read == ["reserved ."])
    }

    @Test(
        "§5.2, §5.5: lengths are in their shortest form, control frames short and whole",
        arguments: [
            [0x81, 0xFE, 0x00, 0x7D, 0, 0, 0, 0],
            [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0],
            [0x81, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
            [0x89, 0xFE, 0x00, 0x7E, 0, 0, 0, 0],
            [0x09, 0x80, 0, 0, 0, 0],
            [0x08, 0x80, 0, 0, 0, 0],
        ] as [[UInt8]])
    func violations(bytes: [UInt8]) {
        #expect(Self.read(bytes, by: 100).read == ["violation"])
    }

    @Test("a reader with half a frame inside is not for another connection")
    func half() {
        let bytes = TestFrame(.text, "Hello").bytes
        for count in 1..<bytes.count {
            #expect(!Self.read(Array(bytes[..<count]), by: 100).isClean)
        }
        #expect(Self.read(bytes, by: 100).isClean)
        #expect(!Self.read(bytes + [0x81], by: 100).isClean)
    }

    @Test("what is written is what a client reads, in the shortest form")
    func writing() {
        let writer = FrameWriter()
        for count in [0, 1, 125, 126, 65_535, 65_536] {
            var buffer = WebSocketBytes()
            let text = [UInt8](repeating: 0x61, count: count)
            text.withUnsafeBytes { writer.write(.text, $0, to: &buffer.buffer) }
            let length: [UInt8] =
                count < 126
                ? [UInt8(count)]
                : count < 65_536
                    ? [126, UInt8(count >> 8), UInt8(count & 255)]
                    : [127, 0, 0, 0, 0, 0, 1, 0, 0]
            #expect(buffer.bytes == [0x81] + length + text)
        }
    }
}
