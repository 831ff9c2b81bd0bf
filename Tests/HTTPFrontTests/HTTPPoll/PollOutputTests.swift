import NIOCore
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("What a polling client may not have got · XEP-0025 §3.2")
struct PollOutputTests {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func expect(
        _ bytes: [UInt8], _ wanted: String, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(Self.text(bytes) == wanted, sourceLocation: location)
    }

    @Test("An answer is in doubt until the next request")
    func doubt() {
        var output = PollOutput()
        output.write { $0.writeString("a") }
        expect(output.take(), "a")
        #expect(output.isEmpty)
        output.write { $0.writeString("b") }
        #expect(Self.text(output.undelivered) == "ab")
        output.confirmed()
        #expect(Self.text(output.undelivered) == "b")
    }

    @Test("A lost answer comes before what waits")
    func lost() {
        var output = PollOutput()
        output.write { $0.writeString("a") }
        _ = output.take()
        output.write { $0.writeString("b") }
        output.lost()
        expect(output.take(), "ab")
        output.lost()
        expect(output.take(), "ab")
        output.confirmed()
        output.lost()
        #expect(output.isEmpty)
    }

    @Test("Stanzas are read back from a piece of the stream, with its header or without")
    func readBack() {
        let parsers = ParserPool()
        let header =
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' "
            + "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
        let features =
            "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
            + "</stream:features>"
        let stanzas =
            "<iq type='result' id='1'/><message to='a@b/c' from='d@e/f'><body>x</body></message>"
        for piece in [header + features + stanzas, stanzas, stanzas + "</stream:stream>"] {
            let found = Undelivered.stanzas(inStream: Array(piece.utf8), with: parsers)
            #expect(found.map(\.kind) == [.iq, .message])
            #expect(found.last?.from == "d@e/f")
        }
        #expect(Undelivered.stanzas(inStream: [], with: parsers).isEmpty)
    }
}
