import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization

@testable import XMPPEngine

/// A listener on a free loopback port whose connections echo, with or without TLS.
final class LoopbackServer: Sendable {
    let listener: TCPListener
    private let group: MultiThreadedEventLoopGroup
    private let seen = SeenConnections()

    /// The facts of the connections so far, in the order of their coming.
    var connections: [ConnectionFacts] { seen.all }
    var port: Int { listener.localPort ?? 0 }

    init(
        _ change: (inout TCPListener.Options) -> Void = { _ in }, tls: TLSContext? = nil
    ) async throws {
        var options = TCPListener.Options(.port(0, address: "127.0.0.1"))
        change(&options)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let seen = seen
        listener = TCPListener(
            options, group: group, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { channel, facts in
            seen.add(facts)
            return channel.eventLoop.makeCompletedFuture {
                if let tls {
                    try channel.pipeline.syncOperations.addHandler(TLSChannelHandler(context: tls))
                }
                try channel.pipeline.syncOperations.addHandler(Echo())
            }
        }
        try await listener.start()
    }

    func stop() async throws {
        await listener.stop()
        try await group.shutdownGracefully()
    }
}

final class SeenConnections: Sendable {
    private let list = Mutex<[ConnectionFacts]>([])
    var all: [ConnectionFacts] { list.withLock { $0 } }
    func add(_ facts: ConnectionFacts) { list.withLock { $0.append(facts) } }
}

/// Sends back what it reads.
final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
