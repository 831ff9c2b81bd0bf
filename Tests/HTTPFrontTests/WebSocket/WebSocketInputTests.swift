import Testing

@testable import HTTPFront

@Suite("WebSocket messages · RFC 6455 §5.4–5.5, §7.4, §8")
struct WebSocketInputTests {
    /// What frames add up to, in words; nothing is read after a failure or a Close frame.
    private static func play(
        _ frames: [TestFrame], mayBeCompressed: Bool = false, acceptsBinary: Bool = false,
        bytesMax: Int = 1000, by size: Int = 4096
    ) -> [String] {
        let reader = FrameReader()
        var input = WebSocketInput(mayBeCompressed: mayBeCompressed, acceptsBinary: acceptsBinary)
        var heard: [String] = []
        let bytes = frames.flatMap(\.bytes)
        for start in stride(from: 0, to: bytes.count, by: size) {
            Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { piece in
                reader.lend(piece)
                while case .piece(let piece) = reader.next() {
                    let order = input.take(piece, bytesMax: bytesMax)
                    if let word = word(order, piece, &input) { heard.append(word) }
                    if case .fail = order { return }
                    if case .close = order { return }
                }
            }
        }
        return heard
    }

    private static func word(
        _ order: WebSocketInput.Order, _ piece: FramePiece, _ input: inout WebSocketInput
    ) -> String? {
        switch order {
        case .goOn, .pong: return nil
        case .ping(let payload): return "ping \(String(decoding: payload, as: UTF8.self))"
        case .close(let code): return "close \(code?.number ?? 0)"
        case .fail(let code): return "fail \(code.number)"
        case .message(let kind):
            let kept = WebSocketBytes(buffer: input.takeKept()).bytes
            let text = String(decoding: kept + Array(piece.bytes), as: UTF8.self)
            let name = kind.isCompressed ? "compressed" : kind.isText ? "text" : "binary"
            return "\(name) \(text)"
        }
    }

    @Test("§5.4: a message comes whole or in fragments", arguments: [1, 2, 3, 4096])
    func fragments(size: Int) {
        #expect(Self.play([.text("Hello")], by: size) == ["text Hello"])
        let parts = [
            TestFrame.text("Hel", isFinal: false), TestFrame(.continuation, "", isFinal: false),
            TestFrame(.continuation, "lo", isFinal: false), TestFrame(.continuation, ""),
        ]
        #expect(Self.play(parts, by: size) == ["text Hello"])
        #expect(Self.play([.text("")], by: size) == ["text "])
    }

    @Test("§5.4: control frames may come between fragments")
    func interleaved() {
        let frames = [
            TestFrame.text("Hel", isFinal: false), TestFrame(.ping, "a"), TestFrame(.pong, "b"),
            TestFrame(.continuation, "lo"), TestFrame.text("again"),
        ]
        #expect(Self.play(frames, by: 1) == ["ping a", "text Hello", "text again"])
    }

    @Test("§5.4: fragments have their order")
    func order() {
        #expect(Self.play([TestFrame(.continuation, "x")]) == ["fail 1002"])
        #expect(
            Self.play([TestFrame(.continuation, "x", isFinal: false)]) == ["fail 1002"])
        let frames = [TestFrame.text("a", isFinal: false), TestFrame.text("b")]
        #expect(Self.play(frames) == ["fail 1002"])
        let binary = [TestFrame.text("a", isFinal: false), TestFrame(.binary, "b")]
        #expect(Self.play(binary) == ["fail 1002"])
        let after = [TestFrame.text("a"), TestFrame(.continuation, "b")]
        #expect(Self.play(after) == ["text a", "fail 1002"])
    }

    @Test(
        "§5.1: a client that does not mask fails",
        arguments: [TestFrame.Opcode.text, .ping, .close])
    func unmasked(opcode: TestFrame.Opcode) {
        #expect(Self.play([TestFrame(opcode, "", isMasked: false)]) == ["fail 1002"])
    }

    @Test("§5.2: reserved bits and opcodes mean nothing", arguments: [1, 2, 3, 4, 5, 7] as [UInt8])
    func reserved(bits: UInt8) {
        for opcode in [TestFrame.Opcode.text, .ping, .close] {
            #expect(Self.play([TestFrame(opcode, "", reserved: bits)]) == ["fail 1002"])
        }
        #expect(Self.play([TestFrame(.unknown, "")]) == ["fail 1002"])
    }

    @Test("RFC 7692 §6: RSV1 is for the first frame of a message, when it was agreed on")
    func compressed() {
        let frame = TestFrame(.text, "z", reserved: 4)
        #expect(Self.play([frame], mayBeCompressed: true) == ["compressed z"])
        #expect(Self.play([.text("plain")], mayBeCompressed: true) == ["text plain"])
        for opcode in [TestFrame.Opcode.ping, .close, .continuation] {
            let wrong = TestFrame(opcode, "", reserved: 4)
            #expect(Self.play([wrong], mayBeCompressed: true) == ["fail 1002"])
        }
        let parts = [
            TestFrame(.text, "z", isFinal: false, reserved: 4),
            TestFrame(.continuation, "y", reserved: 4),
        ]
        #expect(Self.play(parts, mayBeCompressed: true) == ["fail 1002"])
        #expect(
            Self.play([TestFrame(.text, "z", reserved: 6)], mayBeCompressed: true) == ["fail 1002"])
    }

    @Test("RFC 7395 §3.2: messages are text")
    func binary() {
        #expect(Self.play([TestFrame(.binary, "x")]) == ["fail 1003"])
        #expect(Self.play([TestFrame(.binary, "x")], acceptsBinary: true) == ["binary x"])
    }

    @Test("§8.1: text is UTF-8, and failure is at once")
    func utf8() {
        let cut = [
            TestFrame(.text, [0xCE], isFinal: false), TestFrame(.continuation, [0xBA]),
        ]
        #expect(Self.play(cut) == ["text κ"])
        #expect(Self.play([TestFrame(.text, [0xCE])]) == ["fail 1007"])
        #expect(Self.play([TestFrame(.text, [0xFF])]) == ["fail 1007"])
        // Nothing but the first fragment is needed to see it.
        #expect(Self.play([TestFrame(.text, [0xED, 0xA0], isFinal: false)]) == ["fail 1007"])
        #expect(Self.play([TestFrame(.binary, [0xFF])], acceptsBinary: true).count == 1)
    }

    @Test("§7.4: messages are limited, whole and in fragments")
    func size() {
        let limit = String(repeating: "x", count: 100)
        #expect(Self.play([.text(limit)], bytesMax: 100) == ["text \(limit)"])
        #expect(Self.play([.text(limit + "x")], bytesMax: 100) == ["fail 1009"])
        let parts = [TestFrame.text(limit, isFinal: false), TestFrame(.continuation, "x")]
        #expect(Self.play(parts, bytesMax: 100) == ["fail 1009"])
        let empty = [TestFrame.text(limit, isFinal: false), TestFrame(.continuation, "")]
        #expect(Self.play(empty, bytesMax: 100) == ["text \(limit)"])
    }

    @Test(
        "§7.4: codes that may stand in a Close frame",
        arguments: [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999,
        ] as [UInt16])
    func codes(code: UInt16) {
        #expect(Self.play([.close(code)], by: 1) == ["close \(code)"])
    }

    @Test(
        "§7.4: and codes that may not",
        arguments: [
            0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
        ] as [UInt16])
    func badCodes(code: UInt16) {
        #expect(Self.play([.close(code)]) == ["fail 1002"])
    }

    @Test("§5.5.1: a Close frame has nothing, a code, or a code and text")
    func close() {
        #expect(Self.play([TestFrame(.close, "")]) == ["close 0"])
        #expect(Self.play([TestFrame(.close, "x")]) == ["fail 1002"])
        #expect(Self.play([.close(1000, Array("é".utf8))], by: 1) == ["close 1000"])
        #expect(Self.play([.close(1000, [0xC3])]) == ["fail 1007"])
        #expect(Self.play([.close(1000, [0xFF, 0x61])]) == ["fail 1007"])
        #expect(Self.play([TestFrame(.close, ""), .text("late")]) == ["close 0"])
    }
}

@Suite("UTF-8 · RFC 3629 §4")
struct UTF8CheckTests {
    private static func judge(_ bytes: [UInt8], by size: Int) -> Bool {
        var check = UTF8Check()
        for start in stride(from: 0, to: bytes.count, by: size) {
            let isFine = Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes {
                check.add($0)
            }
            if !isFine { return false }
        }
        return check.isComplete
    }

    @Test("as the standard library judges it, in pieces of every size")
    func likeTheLibrary() {
        let samples: [[UInt8]] = [
            [], Array("plain text, longer than a word".utf8), Array("κόσμε é 😀 \u{10FFFF}".utf8),
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
            [0x61, 0xC3, 0x28], [0xE2, 0x28, 0xA1],
            Array("12345678".utf8) + [0xC3] + Array("12345678".utf8),
        ]
        for sample in samples {
            let expected = String(validating: sample, as: UTF8.self) != nil
            for size in 1...9 {
                #expect(Self.judge(sample, by: size) == expected, "\(sample) by \(size)")
            }
        }
    }
}
