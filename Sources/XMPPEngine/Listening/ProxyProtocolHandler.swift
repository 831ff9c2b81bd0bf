import NIOCore

/// Reads the PROXY header before anything else in the pipeline sees a byte, then goes away.
///
/// Until `whenRead` has set the pipeline up, it holds back the channel's activation and all
/// reads; then it passes both on. Its event loop guards it.
final class ProxyProtocolHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case waiting(ByteBuffer)
        /// The rest of the pipeline is being set up; the stream's first bytes wait.
        case settling(ByteBuffer)
        case done
    }

    private var state = State.waiting(ByteBuffer())
    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    private let whenRead: (any Channel, ProxyProtocol.Header) -> EventLoopFuture<Void>

    /// Makes a handler for one channel.
    ///
    /// - Parameters:
    ///   - timeout: How long the header may take.
    ///   - whenRead: Sets up the rest of the pipeline; when it fails, the channel is closed.
    init(
        timeout: TimeAmount,
        whenRead: @escaping (any Channel, ProxyProtocol.Header) -> EventLoopFuture<Void>
    ) {
        self.timeout = timeout
        self.whenRead = whenRead
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = context.loopBound
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
            self?.fail(bound.value, .timedOut)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelActive(context: ChannelHandlerContext) {
        if case .done = state { context.fireChannelActive() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        if case .waiting = state { context.fireErrorCaught(ProxyProtocol.Failure.ended) }
        state = .done
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch state {
        case .waiting(var earlier):
            state = .done
            earlier.writeBuffer(&bytes)
            parse(context, earlier)
        case .settling(var earlier):
            state = .done
            earlier.writeBuffer(&bytes)
            state = .settling(earlier)
        case .done:
            break  // failed, and about to close
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch state {
        case .waiting: context.read()
        case .settling, .done: context.fireChannelReadComplete()
        }
    }

    /// While the pipeline is set up, no more is read: what waits is at most one read.
    func read(context: ChannelHandlerContext) {
        if case .settling = state { return }
        context.read()
    }

    private func parse(_ context: ChannelHandlerContext, _ bytes: ByteBuffer) {
        var bytes = bytes
        do throws(ProxyProtocol.Failure) {
            guard let header = try ProxyProtocol().read(&bytes) else {
                state = .waiting(bytes)
                return
            }
            state = .settling(bytes)
            settle(context, header)
        } catch {
            fail(context, error)
        }
    }

    private func settle(_ context: ChannelHandlerContext, _ header: ProxyProtocol.Header) {
        timer?.cancel()
        let bound = context.loopBound
        whenRead(context.channel, header).assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success: leave(bound.value)
            case .failure(let error):
                state = .done
                bound.value.fireErrorCaught(error)
                bound.value.close(promise: nil)
            }
        }
    }

    private func leave(_ context: ChannelHandlerContext) {
        guard case .settling(let bytes) = state else { return }
        state = .done
        guard context.channel.isActive else { return }
        context.fireChannelActive()
        if bytes.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(bytes))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        context.read()
    }

    private func fail(_ context: ChannelHandlerContext, _ error: ProxyProtocol.Failure) {
        timer?.cancel()
        state = .done
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }
}
