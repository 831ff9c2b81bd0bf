import NIOCore
import Testing

@testable import HTTPFront

@Suite("permessage-deflate, agreed on · RFC 7692 §5, §7.1")
struct DeflateTermsTests {
    private static let plain =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    @Test(
        "§7.1: offers that are taken",
        arguments: [
            "permessage-deflate", "permessage-deflate; client_max_window_bits",
            "PerMessage-Deflate ; client_max_window_bits = 10",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            "x-webkit-deflate-frame, permessage-deflate",
            "foo; bar=\"a, b; c\", permessage-deflate",
            "permessage-deflate; client_max_window_bits=\"15\"",
            "permessage-deflate; unknown, permessage-deflate",
        ])
    func taken(offer: String) {
        #expect(DeflateTerms.accept([offer])?.answer == Self.plain)
    }

    @Test("§7.1.2.1: a window the client asks for is kept to, and told")
    func window() {
        for bits in 9...15 {
            let terms = DeflateTerms.accept(["permessage-deflate; server_max_window_bits=\(bits)"])
            #expect(terms?.serverWindowBits == bits)
            #expect(terms?.answer == Self.plain + "; server_max_window_bits=\(bits)")
        }
    }

    @Test(
        "§7.1: offers that are malformed, or ask for what is not there",
        arguments: [
            "", "deflate", "permessage-deflate; nonsense", "permessage-deflate=1",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover=true",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
            "permessage-deflate; client_max_window_bits=99",
            "permessage-deflate; client_max_window_bits=a=b",
            "permessage-deflate;", "permessage-deflate; ;",
            "\"permessage-deflate",
        ])
    func refused(offer: String) {
        #expect(DeflateTerms.accept([offer]) == nil)
    }

    @Test("§5.1: the first offer that can be taken is, over several fields")
    func several() {
        let offers = [
            "permessage-deflate; server_max_window_bits=8, permessage-deflate; "
                + "server_max_window_bits=10", "permessage-deflate",
        ]
        #expect(DeflateTerms.accept(offers)?.serverWindowBits == 10)
        #expect(DeflateTerms.accept([]) == nil)
    }
}

@Suite("permessage-deflate, messages · RFC 7692 §7.2")
struct DeflateTests {
    private static func deflate(_ text: String, windowBits: Int = 15) -> [UInt8]? {
        var output = ByteBuffer()
        let isSmaller = Array(text.utf8).withUnsafeBytes {
            MessageDeflater(windowBits: windowBits).deflate($0, to: &output)
        }
        return isSmaller ? Array(output.readableBytesView) : nil
    }

    private static func inflate(
        _ bytes: [UInt8], bytesMax: Int = 1 << 20, with inflater: MessageInflater = .init()
    ) -> (outcome: MessageInflater.Outcome, text: String) {
        var output = ByteBuffer()
        let outcome = bytes.withUnsafeBytes {
            inflater.inflate($0, bytesMax: bytesMax, to: &output)
        }
        return (outcome, String(decoding: output.readableBytesView, as: UTF8.self))
    }

    @Test("what is deflated inflates to the same, with every window", arguments: [9, 10, 12, 15])
    func roundTrip(windowBits: Int) throws {
        for count in [3, 50, 5000, 60_000] {
            let text = (0..<count).map { "<message id='\($0 % 97)'/>" }.joined()
            let packed = try #require(Self.deflate(text, windowBits: windowBits))
            #expect(packed.count < text.utf8.count)
            let (outcome, back) = Self.inflate(packed, bytesMax: 4 << 20)
            #expect(outcome == .inflated)
            #expect(back == text)
        }
    }

    @Test("what does not get smaller is left as it is")
    func incompressible() {
        #expect(Self.deflate("a") == nil)
        #expect(
            Self.deflate((0..<300).map { String(UInt64($0) &* 0x9E37_79B9_7F4A_7C15) }.joined())
                != nil)
        #expect(Self.deflate(String((33..<120).map { Character(Unicode.Scalar($0)) })) == nil)
    }

    @Test("§7.2.3: the examples of the RFC")
    func examples() {
        let hello: [[UInt8]] = [
            [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
            // A block that is not compressed; one with BFINAL; two blocks.
            [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
            [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
        ]
        for bytes in hello {
            let (outcome, text) = Self.inflate(bytes)
            #expect(outcome == .inflated)
            #expect(text == "Hello")
        }
        #expect(Self.inflate([0x00]).text.isEmpty)
        #expect(Self.inflate([0x00]).outcome == .inflated)
    }

    @Test("a message that grows beyond the limit is given up at the limit")
    func bomb() throws {
        let packed = try #require(Self.deflate(String(repeating: "x", count: 1 << 20)))
        #expect(packed.count < 40_000)
        let (outcome, text) = Self.inflate(packed, bytesMax: 10_000)
        #expect(outcome == .tooBig)
        #expect(text.utf8.count < 30_000)
    }

    @Test("what is no deflate is malformed, and harms no other message")
    func malformed() throws {
        let inflater = MessageInflater()
        let good = try #require(Self.deflate(String(repeating: "good ", count: 100)))
        let bad: [[UInt8]] = [
            [0xFF, 0xFF, 0xFF], [0x07], [0x00, 0x05, 0x00, 0x00, 0x00, 0x48],
            Array("plain text is no deflate".utf8), Array(good.dropFirst()),
        ]
        for bytes in bad {
            #expect(Self.inflate(bytes, with: inflater).outcome == .malformed, "\(bytes)")
            #expect(Self.inflate(good, with: inflater).outcome == .inflated)
        }
    }

    @Test("§7.2.2: no message knows of another")
    func noContext() throws {
        let text = String(repeating: "context ", count: 100)
        let packed = try #require(Self.deflate(text))
        let inflater = MessageInflater()
        for _ in 0..<3 { #expect(Self.inflate(packed, with: inflater).text == text) }
        #expect(Self.deflate(text) == packed)
    }
}
