import NIOCore
import NIOPosix
import Testing

@testable import XMPPEngine

@Suite("TLS over a slow socket")
struct BackPressureTests {
    /// Compares what comes; gives the first wrong place.
    private final class Sink: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let wanted: Int
        private let done: EventLoopPromise<Int?>
        private var wrong: Int?
        private var count = 0

        init(wanted: Int, done: EventLoopPromise<Int?>) {
            self.wanted = wanted
            self.done = done
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            bytes.withUnsafeReadableBytes { bytes in
                for byte in bytes {
                    if byte != Pattern.byte(at: count), wrong == nil { wrong = count }
                    count += 1
                }
            }
            if count >= wanted { done.succeed(wrong) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            done.fail(ChannelError.eof)
        }
    }

    /// Bytes that tell where they stand.
    private enum Pattern {
        static func byte(at index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 31 >> 5) }
    }

    @Test("10 MB go out and come back whole while the peer reads nothing for a time")
    func slowReader() async throws {
        let folder = try CertificateFolder()
        let store = try folder.store("verona.example")
        let context = try TLSContext(.server(store), profile: .startTLS)
        let server = try await LoopbackServer(tls: context)
        let client = try TLSContext(.client(nil), profile: .startTLS)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let text = ByteBuffer(bytes: (0..<10_000_000).map(Pattern.byte))
        let done = loop.makePromise(of: Int?.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSChannelHandler(context: client),
                        Sink(wanted: text.readableBytes, done: done),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        try await channel.writeAndFlush(ByteBuffer(string: "")).get()
        try await channel.setOption(.autoRead, value: false).get()
        let written = loop.makePromise(of: Void.self)
        channel.writeAndFlush(text, promise: written)
        #expect(try await channel.getOption(.bufferedWritableBytes).get() > 0)
        try await channel.setOption(.autoRead, value: true).get()
        try await written.futureResult.get()
        #expect(try await done.futureResult.get() == nil)
        try await channel.close().get()
        try await server.stop()
    }
}
