import NIOCore
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Output that a TCP peer has not taken")
struct UnsentOutputTests {
    private static func piece(_ ids: Int...) -> ByteBuffer {
        ByteBuffer(string: ids.map { "<message id='\($0)'><body>x</body></message>" }.joined())
    }

    private static let stanzaBytes = piece(1).readableBytes

    private static func ids(_ output: UnsentOutput) -> [String?] {
        output.stanzas(with: ParserPool()).map(\.id)
    }

    @Test("All that was kept comes back in order")
    func order() {
        var output = UnsentOutput()
        #expect(output.append(Self.piece(1, 2)) == 1)
        #expect(output.append(Self.piece(3)) == 2)
        #expect(Self.ids(output) == ["1", "2", "3"])
    }

    @Test("A piece that left takes those before it along, and none after")
    func left() {
        var output = UnsentOutput()
        _ = output.append(Self.piece(1))
        let second = output.append(Self.piece(2))
        let third = output.append(Self.piece(3))
        output.left(second)
        #expect(Self.ids(output) == ["3"])
        output.left(second)
        #expect(Self.ids(output) == ["3"])
        output.left(third)
        #expect(Self.ids(output).isEmpty)
        #expect(output.append(Self.piece(4)) == 4)
        #expect(Self.ids(output) == ["4"])
    }

    @Test("A number that was never given away takes nothing but what is there")
    func unknown() {
        var output = UnsentOutput()
        _ = output.append(Self.piece(1))
        output.left(7)
        #expect(Self.ids(output).isEmpty)
        #expect(output.append(Self.piece(2)) == 2)
    }

    @Test("Cut anywhere: what left in part comes back, what left whole does not")
    func cut() {
        let total = 5 * Self.stanzaBytes
        for sent in 0...total {
            var output = UnsentOutput()
            for piece in [Self.piece(0, 1), Self.piece(2), Self.piece(3, 4)] {
                _ = output.append(piece)
            }
            output.waits(total - sent)
            let whole = sent / Self.stanzaBytes
            #expect(Self.ids(output) == (whole..<5).map { "\($0)" }, "\(sent)")
        }
    }

    @Test("The cut moves forward only, and with what is written later")
    func forward() {
        var output = UnsentOutput()
        _ = output.append(Self.piece(1, 2, 3))
        output.waits(2 * Self.stanzaBytes)
        output.waits(3 * Self.stanzaBytes)
        #expect(Self.ids(output) == ["2", "3"])
        let second = output.append(Self.piece(4, 5))
        output.waits(4 * Self.stanzaBytes)
        #expect(Self.ids(output) == ["2", "3", "4", "5"])
        output.waits(Self.stanzaBytes + 1)
        #expect(Self.ids(output) == ["4", "5"])
        output.waits(Self.stanzaBytes)
        #expect(Self.ids(output) == ["5"])
        output.left(second)
        #expect(Self.ids(output).isEmpty)
    }

    @Test("A piece that left takes its cut along")
    func leftAfterCut() {
        var output = UnsentOutput()
        let first = output.append(Self.piece(1, 2))
        _ = output.append(Self.piece(3, 4))
        output.waits(3 * Self.stanzaBytes)
        output.left(first)
        #expect(Self.ids(output) == ["3", "4"])
        output.waits(Self.stanzaBytes)
        #expect(Self.ids(output) == ["4"])
    }

    @Test("More that waits than there is, or less than nothing", arguments: [Int.max, 1_000, -1])
    func nonsense(_ bytes: Int) {
        var output = UnsentOutput()
        output.waits(bytes)
        _ = output.append(Self.piece(1))
        output.waits(bytes)
        #expect(Self.ids(output) == (bytes > 0 ? ["1"] : []))
        output.waits(0)
        #expect(Self.ids(output).isEmpty)
        #expect(output.append(Self.piece(2)) == 2)
        #expect(Self.ids(output) == ["2"])
    }

    @Test("A piece that begins with the stream's header, cut anywhere")
    func header() {
        let head = """
            <?xml version='1.0'?><stream:stream xmlns='jabber:client' from='example.com' id='a' \
            xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:features/>
            """
        let text = head + String(buffer: Self.piece(0, 1))
        for sent in 0...text.utf8.count {
            var output = UnsentOutput()
            _ = output.append(ByteBuffer(string: text))
            output.waits(text.utf8.count - sent)
            let whole = max(0, sent - head.utf8.count) / Self.stanzaBytes
            #expect(Self.ids(output) == (whole..<2).map { "\($0)" }, "\(sent)")
        }
    }

    @Test("A cut between the bytes of a character or of an entity harms nothing")
    func characters() {
        let stanza = "<message id='1'><body>\u{1F426}&amp;\u{E9}</body></message>"
        for sent in 0..<stanza.utf8.count {
            var output = UnsentOutput()
            _ = output.append(ByteBuffer(string: stanza))
            output.waits(stanza.utf8.count - sent)
            let body = output.stanzas(with: ParserPool()).first?.payload.first("body", .client)?
                .text
            #expect(body == "\u{1F426}&\u{E9}", "\(sent)")
        }
    }

    @Test(
        "What is no stanza is not given back",
        arguments: [
            "</stream:stream>", " ", "",
            "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        ])
    func others(_ text: String) {
        var output = UnsentOutput()
        _ = output.append(ByteBuffer(string: "<presence id='1'/>\(text)"))
        _ = output.append(ByteBuffer(string: text))
        #expect(Self.ids(output) == ["1"])
    }
}
