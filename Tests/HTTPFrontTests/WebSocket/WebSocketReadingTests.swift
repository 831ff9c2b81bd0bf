import Testing

@testable import HTTPFront

@Suite("WebSocket, from frames to elements")
struct WebSocketReadingTests {
    private static let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='a'/>"
    private static let presence = "<presence xmlns='jabber:client'/>"

    private static func read(
        _ bytes: [UInt8], isDeflateAgreed: Bool = true, by size: Int = 4096
    ) -> Int {
        bytes.withUnsafeBytes {
            WebSocketReading.read($0, isDeflateAgreed: isDeflateAgreed, pieceBytes: size)
        }
    }

    @Test("a stream is read, however it is cut", arguments: [1, 2, 7, 4096])
    func stream(size: Int) {
        let frames = [
            TestFrame.text(Self.open), TestFrame(.ping, "x"), TestFrame.text(Self.presence),
            TestFrame.text("<presence ", isFinal: false),
            TestFrame(.continuation, "xmlns='jabber:client'/>"),
        ]
        #expect(Self.read(frames.flatMap(\.bytes), by: size) == 3)
    }

    @Test("nothing is read after a failure")
    func failure() {
        let good = TestFrame.text(Self.presence).bytes
        let bad: [[UInt8]] = [
            TestFrame.text("<a>").bytes, TestFrame(.binary, "x").bytes, TestFrame(.close, "").bytes,
            [0x83, 0x80, 0, 0, 0, 0], TestFrame(.text, "<a/>", isMasked: false).bytes,
            TestFrame(.text, "no deflate", reserved: 4).bytes,
        ]
        for bytes in bad { #expect(Self.read(good + bytes + good) == 1, "\(bytes)") }
        #expect(Self.read(TestFrame(.text, "", reserved: 4).bytes, isDeflateAgreed: false) == 0)
    }

    @Test("frames with any byte changed harm nothing")
    func changed() {
        let frames = TestFrame.text(Self.open).bytes + TestFrame.text(Self.presence).bytes
        for index in frames.indices {
            for change in [0x01, 0x10, 0x40, 0x80, 0xFF] as [UInt8] {
                var bytes = frames
                bytes[index] ^= change
                #expect(Self.read(bytes) <= 2)
                #expect(Self.read(bytes, by: 3) <= 2)
            }
        }
    }

    @Test("noise harms nothing")
    func noise() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<300, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Self.read(bytes, by: 50) >= 0)
        }
    }
}
