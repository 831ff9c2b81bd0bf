import NIOCore
import NIOEmbedded
import Testing

@testable import XMPPEngine

@Suite("PROXY protocol, versions 1 and 2")
struct ProxyProtocolTests {
    static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    static let ipv4: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xC3, 0x50, 0x14, 0x66]
    static let ipv6: [UInt8] =
        [0x20, 1, 0x0D, 0xB8] + zeros(11) + [1] + [0x20, 1, 0x0D, 0xB8] + zeros(11) + [2]
        + [0xC3, 0x50, 0x14, 0x66]
    static let unix: [UInt8] =
        Array("/run/a".utf8) + zeros(102) + Array("/run/b".utf8) + zeros(102)

    static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

    static func v2(_ command: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil)
        -> [UInt8]
    {
        let length = length ?? body.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + body
    }

    /// Header, then the source it names; `nil` where the connection's own address counts.
    static let valid: [([UInt8], String?)] = [
        (Array("PROXY TCP4 192.0.2.1 192.0.2.2 50000 5222\r\n".utf8), "192.0.2.1:50000"),
        (Array("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n".utf8), "0.0.0.0:0"),
        (Array("PROXY TCP6 2001:db8::1 2001:db8::2 50000 5222\r\n".utf8), "2001:db8::1:50000"),
        (Array("PROXY UNKNOWN\r\n".utf8), nil),
        (Array("PROXY UNKNOWN ffff:f::f ffff:f::f 65535 65535\r\n".utf8), nil),
        (v2(0x21, 0x11, ipv4), "192.0.2.1:50000"),
        (v2(0x21, 0x11, ipv4 + [0x04, 0, 2, 1, 2]), "192.0.2.1:50000"),
        (v2(0x21, 0x21, ipv6), "2001:db8::1:50000"),
        (v2(0x21, 0x31, unix), "/run/a"),
        (v2(0x21, 0x00, []), nil),
        (v2(0x21, 0x00, [1, 2, 3]), nil),
        (v2(0x20, 0x00, []), nil),
        (v2(0x20, 0x11, ipv4), nil),
        (v2(0x20, 0x11, []), nil),
    ]

    static let invalid: [([UInt8], ProxyProtocol.Failure)] = [
        (Array("<?xml version='1.0'?>".utf8), .noHeader),
        (Array("PROXY-TCP4".utf8), .noHeader),
        (Array("proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n".utf8), .noHeader),
        ([0x16, 0x03, 0x01], .noHeader),
        (Array("PROXY \r\n".utf8), .badField("protocol")),
        (Array("PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n".utf8), .badField("protocol")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n".utf8), .badField("end of line")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n".utf8), .badField("count")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n".utf8), .badField("count")),
        (Array("PROXY TCP4 1.1.1.1  2.2.2.2 1 2\r\n".utf8), .badField("count")),
        (Array("PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n".utf8), .badField("address")),
        (Array("PROXY TCP4 ::1 ::2 1 2\r\n".utf8), .badField("address")),
        (Array("PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n".utf8), .badField("address")),
        (Array("PROXY TCP4 localhost 2.2.2.2 1 2\r\n".utf8), .badField("address")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n".utf8), .badField("port")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n".utf8), .badField("port")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n".utf8), .badField("port")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n".utf8), .badField("port")),
        (Array("PROXY TCP4 1.1.1.1 2.2.2.2  2\r\n".utf8), .badField("port")),
        (Array("PROXY UNKNOWN".utf8) + [0xFF] + Array("\r\n".utf8), .badField("encoding")),
        (Array(("PROXY UNKNOWN " + String(repeating: "x", count: 100)).utf8), .lineTooLong),
        (signature.dropLast() + [0x0B], .noHeader),
        (v2(0x11, 0x11, ipv4), .badCommand(0x11)),
        (v2(0x22, 0x11, ipv4), .badCommand(0x22)),
        (v2(0x21, 0x12, ipv4), .badFamily(0x12)),
        (v2(0x21, 0x41, ipv4), .badFamily(0x41)),
        (v2(0x21, 0x11, Array(ipv4.dropLast())), .bodyTooShort(11)),
        (v2(0x21, 0x21, ipv4), .bodyTooShort(12)),
        (v2(0x21, 0x31, zeros(215)), .bodyTooShort(215)),
        (v2(0x21, 0x31, Array(repeating: 0x61, count: 216)), .badField("address")),
        (v2(0x21, 0x11, [], length: 4_097), .bodyTooLong(4_097)),
    ]

    private static func text(_ header: ProxyProtocol.Header) -> String? {
        guard case .proxied(let source, _) = header else { return nil }
        guard let ip = source.ipAddress, let port = source.port else { return source.pathname }
        return "\(ip):\(port)"
    }

    @Test(
        "Valid headers are read wherever they are split, and what follows is left",
        arguments: valid)
    func splits(bytes: [UInt8], source: String?) throws {
        for split in 0..<bytes.count {
            var buffer = ByteBuffer(bytes: bytes.prefix(split))
            #expect(try ProxyProtocol().read(&buffer) == nil)
            #expect(buffer.readableBytes == split)
            buffer.writeBytes(bytes.dropFirst(split))
            buffer.writeString("<stream")
            let header = try #require(try ProxyProtocol().read(&buffer))
            #expect(Self.text(header) == source)
            #expect(String(buffer: buffer) == "<stream")
        }
    }

    @Test("Invalid headers give their error, whole or byte by byte", arguments: invalid)
    func failures(bytes: [UInt8], failure: ProxyProtocol.Failure) throws {
        var whole = ByteBuffer(bytes: bytes)
        #expect(throws: failure) { try ProxyProtocol().read(&whole) }
        var buffer = ByteBuffer()
        var caught: ProxyProtocol.Failure?
        for byte in bytes where caught == nil {
            buffer.writeInteger(byte)
            do { _ = try ProxyProtocol().read(&buffer) } catch { caught = error }
        }
        #expect(caught == failure)
    }
}

@Suite("PROXY handler")
struct ProxyProtocolHandlerTests {
    private func channel(
        setUp: @escaping (any Channel, ProxyProtocol.Header) -> EventLoopFuture<Void>
    ) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        let handler = ProxyProtocolHandler(timeout: .seconds(10), whenRead: setUp)
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return channel
    }

    @Test("Header and stream in one read: the pipeline is set up before the stream is read")
    func together() throws {
        let recorder = Recorder()
        let channel = try channel { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(recorder)
            }
        }
        channel.pipeline.fireChannelRead(
            ByteBuffer(string: "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n<stream"))
        #expect(recorder.text == "<stream")
        channel.pipeline.fireChannelRead(ByteBuffer(string: ">"))
        #expect(recorder.text == "<stream>")
        #expect(throws: (any Error).self) {
            try channel.pipeline.syncOperations.handler(type: ProxyProtocolHandler.self)
        }
    }

    @Test("What comes while the pipeline is set up waits and keeps its order")
    func slowSetUp() throws {
        let recorder = Recorder()
        let channel = EmbeddedChannel()
        let ready = channel.eventLoop.makePromise(of: Void.self)
        let handler = ProxyProtocolHandler(timeout: .seconds(10)) { _, _ in ready.futureResult }
        try channel.pipeline.syncOperations.addHandlers([handler, recorder])
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        channel.pipeline.fireChannelRead(ByteBuffer(string: "PROXY UNKNOWN\r\n<a"))
        channel.pipeline.fireChannelRead(ByteBuffer(string: "/>"))
        #expect(recorder.text.isEmpty)
        ready.succeed()
        #expect(recorder.text == "<a/>")
    }

    @Test("No header in time, a bad one, or a set-up that fails: the channel is closed")
    func closes() throws {
        struct Refused: Error {}
        let late = try channel { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        late.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(!late.isActive)
        let bad = try channel { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        bad.pipeline.fireChannelRead(ByteBuffer(string: "<stream>"))
        #expect(!bad.isActive)
        let refused = try channel { channel, _ in channel.eventLoop.makeFailedFuture(Refused()) }
        refused.pipeline.fireChannelRead(ByteBuffer(string: "PROXY UNKNOWN\r\n"))
        #expect(!refused.isActive)
    }
}
