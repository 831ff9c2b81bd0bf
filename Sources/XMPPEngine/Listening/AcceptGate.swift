import Glibc
import Logging
import NIOCore

/// Decides when a server channel accepts again: after the accept interval, and after a pause
/// when the system is out of descriptors or memory.
///
/// Its event loop guards it.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private static let pauseAfterError = TimeAmount.seconds(1)

    private let interval: TimeAmount
    private let log: Logger
    private var timer: Scheduled<Void>?
    private var isReadWanted = false

    /// Makes a gate; an interval of 0 lets connections in as they come.
    init(interval: TimeAmount, log: Logger) {
        self.interval = interval
        self.log = log
    }

    func read(context: ChannelHandlerContext) {
        if timer == nil { context.read() } else { isReadWanted = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if interval > .zero { pause(context, interval) }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode,
            [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code)
        else {
            log.debug("a connection could not be accepted", metadata: ["error": "\(error)"])
            return
        }
        log.warning("accepting failed, pausing", metadata: ["error": "\(error)"])
        pause(context, Self.pauseAfterError)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    private func pause(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        timer?.cancel()
        let bound = context.loopBound
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            timer = nil
            guard isReadWanted else { return }
            isReadWanted = false
            bound.value.read()
        }
    }
}
