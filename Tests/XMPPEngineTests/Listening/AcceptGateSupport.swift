import Glibc
import Logging
import NIOCore
import NIOEmbedded

@testable import XMPPEngine

/// An accept gate on a channel whose clock stands until it is moved.
final class EmbeddedGate {
    private let channel = EmbeddedChannel()

    func add(_ counter: ReadCounter) throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let gate = AcceptGate(interval: .zero, log: log)
        try channel.pipeline.syncOperations.addHandlers([counter, gate])
    }

    func fire(_ error: any Error) { channel.pipeline.fireErrorCaught(error) }
    func read() { channel.read() }
    func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
}

/// Counts the reads that come through.
final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = Never
    private(set) var count = 0
    func read(context: ChannelHandlerContext) { count += 1 }
}

/// The file of a server that was killed.
struct StaleSocket {
    init?(_ path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard result == 0 else { return nil }
    }
}
