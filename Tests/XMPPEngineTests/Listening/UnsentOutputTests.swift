import NIOCore
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Output that a TCP peer has not taken")
struct UnsentOutputTests {
    private static func piece(_ ids: Int...) -> ByteBuffer {
        ByteBuffer(string: ids.map { "<message id='\($0)'><body>x</body></message>" }.joined())
    }

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
