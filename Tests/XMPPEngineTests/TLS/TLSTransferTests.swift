import NIOCore
import NIOEmbedded
import Testing

@testable import XMPPEngine

@Suite("TLS transfer · RFC 8446 §5 and §6")
struct TLSTransferTests {
    let store: CertificateStore
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder()
        store = try folder.store("verona.example")
    }

    private func established() throws -> TLSPair {
        let pair = try TLSPair(store: store)
        try pair.run()
        try #require(pair.server.recorder.facts != nil)
        return pair
    }

    @Test("Text goes both ways")
    func bothWays() throws {
        let pair = try established()
        pair.client.send("<message/>")
        pair.server.send("<presence/>")
        try pair.run()
        #expect(pair.server.recorder.text == "<message/>")
        #expect(pair.client.recorder.text == "<presence/>")
    }

    @Test("Small writes before one flush share one record and one write")
    func coalescing() throws {
        let pair = try established()
        var done = 0
        for _ in 0..<100 {
            let written = pair.server.channel.write(ByteBuffer(string: "<r/>"))
            written.assumeIsolated().whenSuccess { done += 1 }
        }
        #expect(try pair.server.outbound().isEmpty)
        pair.server.channel.flush()
        #expect(done == 100)
        let buffers = try pair.server.outbound()
        #expect(buffers.count == 1)
        #expect(buffers.first?.readableBytes == 400 + 22)  // RFC 8446 §5.2: head, type, tag
    }

    @Test("10 MB arrive whole, at most 0.5 % larger")
    func large() throws {
        let pair = try established()
        let bytes = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        pair.server.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        let buffers = try pair.server.outbound()
        #expect(buffers.map(\.readableBytes).reduce(0, +) < 10_050_000)
        for buffer in buffers { pair.client.channel.pipeline.fireChannelRead(buffer) }
        #expect(pair.client.recorder.received == ByteBuffer(bytes: bytes))
    }

    @Test("What is written during the handshake follows it, up to a limit")
    func earlyWrites() throws {
        let pair = try TLSPair(store: store)
        pair.server.send("<early/>")
        #expect(try pair.server.outbound().isEmpty)
        try pair.run()
        #expect(pair.client.recorder.text == "<early/>")

        let other = try TLSPair(store: store)
        other.server.send(String(repeating: " ", count: TLSChannelHandler.waitingBytesMax + 1))
        #expect(other.server.recorder.tlsErrors == [.tooMuchBuffered])
        #expect(!other.server.channel.isActive)
    }

    @Test("A changed byte ends the session, and nothing of the record is delivered")
    func tampering() throws {
        let pair = try established()
        pair.client.send("<message/>")
        var buffer = try #require(try pair.client.outbound().first)
        let last = buffer.writerIndex - 1
        let byte = try #require(buffer.getInteger(at: last, as: UInt8.self))
        buffer.setInteger(byte ^ 1, at: last)
        pair.server.channel.pipeline.fireChannelRead(buffer)
        #expect(pair.server.recorder.tlsErrors.count == 1)
        #expect(pair.server.recorder.text.isEmpty)
        #expect(!pair.server.channel.isActive)
    }

    @Test("A record sent twice ends the session")
    func replay() throws {
        let pair = try established()
        pair.client.send("<message/>")
        let buffer = try #require(try pair.client.outbound().first)
        pair.server.channel.pipeline.fireChannelRead(buffer)
        pair.server.channel.pipeline.fireChannelRead(buffer)
        #expect(pair.server.recorder.text == "<message/>")
        #expect(pair.server.recorder.tlsErrors.count == 1)
    }

    @Test("Plain text after the handshake is an error, never data")
    func plaintextLater() throws {
        let pair = try established()
        pair.server.channel.pipeline.fireChannelRead(ByteBuffer(string: "<message/>"))
        #expect(pair.server.recorder.tlsErrors.count == 1)
        #expect(pair.server.recorder.text.isEmpty)
    }

    @Test("§6.1: a close sends what was written, then close_notify; the peer closes, too")
    func closing() throws {
        let pair = try established()
        pair.server.channel.write(ByteBuffer(string: "</stream>"), promise: nil)
        pair.server.channel.close(promise: nil)
        #expect(!pair.server.channel.isActive)
        try pair.run()
        #expect(pair.client.recorder.text == "</stream>")
        #expect(!pair.client.channel.isActive)
        #expect(pair.client.recorder.errors.isEmpty && pair.server.recorder.errors.isEmpty)
    }

    @Test("§6.1: an end without close_notify is told, then the channel's end")
    func truncation() throws {
        let pair = try established()
        pair.server.lose()
        #expect(pair.server.recorder.tlsErrors == [.truncated])
        #expect(pair.server.recorder.isInactive)
    }

    @Test("§6.1: with half-close, the other direction goes on after close_notify")
    func halfClose() throws {
        let pair = try established()
        try pair.server.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        pair.client.channel.close(mode: .output, promise: nil)
        try pair.carry(from: pair.client, to: pair.server)
        #expect(pair.server.recorder.isInputClosed && pair.server.channel.isActive)
        pair.server.send("<bye/>")
        try pair.run()
        #expect(pair.client.recorder.text == "<bye/>")
        pair.server.channel.close(promise: nil)
        #expect(!pair.server.channel.isActive && pair.server.recorder.errors.isEmpty)
    }

    @Test("Writing after the close fails")
    func writeAfterClose() throws {
        let pair = try established()
        pair.client.channel.close(promise: nil)
        try pair.run()
        #expect(throws: (any Error).self) {
            try pair.server.channel.writeAndFlush(ByteBuffer(string: "<late/>")).wait()
        }
    }
}

@Suite("STARTTLS · RFC 6120 §5.4")
struct StartTLSTests {
    let context: TLSContext
    let store: CertificateStore
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder()
        store = try folder.store("verona.example")
        context = try TLSContext(.server(store), profile: .startTLS)
    }

    private func plainServer() throws -> (EmbeddedChannel, Recorder) {
        let (channel, recorder) = (EmbeddedChannel(), Recorder())
        try channel.pipeline.syncOperations.addHandler(recorder)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 5222), promise: nil)
        return (channel, recorder)
    }

    @Test("§5.4.3.3: TLS is put under a stream that is live")
    func upgrade() throws {
        let (server, recorder) = try plainServer()
        server.pipeline.fireChannelRead(ByteBuffer(string: "<starttls/>"))
        try TLSChannelHandler.start(
            on: server, context: context, host: "verona.example", unparsedBytes: 0)
        let client = try TLSEnd(TLSContext(.client(nil), profile: .startTLS))
        for _ in 0..<3 {
            for buffer in try client.outbound() { server.pipeline.fireChannelRead(buffer) }
            while let buffer = try server.readOutbound(as: ByteBuffer.self) {
                client.channel.pipeline.fireChannelRead(buffer)
            }
        }
        client.send("<secret/>")
        for buffer in try client.outbound() { server.pipeline.fireChannelRead(buffer) }
        #expect(recorder.facts?.version == "TLSv1.3")
        #expect(recorder.text == "<starttls/><secret/>")
    }

    @Test("§5.4.2.3: bytes that came behind <starttls/> stop the upgrade")
    func injection() throws {
        let (server, _) = try plainServer()
        #expect(throws: TLSError.plaintextAfterStartTLS) {
            try TLSChannelHandler.start(
                on: server, context: context, host: nil, unparsedBytes: 9)
        }
    }

    @Test("Stanzas injected before the ClientHello are never taken for protected ones")
    func laterInjection() throws {
        let (server, recorder) = try plainServer()
        try TLSChannelHandler.start(on: server, context: context, host: nil, unparsedBytes: 0)
        server.pipeline.fireChannelRead(ByteBuffer(string: "<iq type='set'/>"))
        #expect(recorder.text.isEmpty)
        #expect(recorder.tlsErrors == [.notTLS])
        #expect(!server.isActive)
    }
}
