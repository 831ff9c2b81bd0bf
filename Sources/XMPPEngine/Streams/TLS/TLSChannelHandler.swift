import NIOCore

/// Turns a channel's bytes into TLS: first in the pipeline, or put there by STARTTLS.
///
/// After the handshake it fires `TLSFacts`; a failure is fired as a `TLSError`, followed by the
/// channel's end. The peer's close_notify is fired as `inputClosed`; what is written after it is
/// lost unless half-close is allowed. A time-out for the handshake is the caller's: close the
/// channel.
/// Its event loop guards it.
package final class TLSChannelHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Plaintext in a record (RFC 8446 §5.1): of a part of one nothing can be read.
    static let recordBytesMax = 16 << 10
    /// Plaintext that may wait for the end of the handshake.
    package static let waitingBytesMax = 256 << 10
    /// Plaintext that waits for a flush before it is encrypted anyway.
    private static let gatheredBytesMax = 64 << 10
    /// How long a close waits for the peer to take what was written before.
    private static let lingerTime = TimeAmount.seconds(10)

    private enum State {
        case handshaking
        case established
        /// The peer sent close_notify; writing may go on (half-close).
        case readEnded
        /// close_notify is sent; reading may go on (half-close).
        case writeEnded
        case ended
    }

    private var state = State.handshaking
    private let connection: TLSConnection
    private var waiting = TLSWaitingWrites()
    private var hasStarted = false
    private var hasDelivered = false

    /// Makes a handler for one channel.
    ///
    /// - Parameters:
    ///   - context: Decides the role.
    ///   - host: Server: whose certificate to show when the client sends no SNI that is known,
    ///     such as the stream's `to`. Client: the SNI to send.
    /// - Throws: `.library` when OpenSSL refuses.
    package init(context: TLSContext, host: String? = nil) throws(TLSError) {
        connection = try TLSConnection(context: context, host: host)
    }

    /// Puts TLS under a live stream, after `<proceed/>` was flushed (RFC 6120 §5.4.3.3).
    ///
    /// Call it on the event loop, in the same breath in which the stream reads `<starttls/>`:
    /// whatever is read next is then TLS or an error.
    ///
    /// - Parameters:
    ///   - channel: The stream's channel.
    ///   - context: A server's.
    ///   - host: The stream's `to`.
    ///   - unparsedBytes: How many bytes the stream has received after `<starttls/>`.
    /// - Throws: `.plaintextAfterStartTLS` when there are any: close the stream.
    package static func start(
        on channel: any Channel, context: TLSContext, host: String?, unparsedBytes: Int
    ) throws {
        guard unparsedBytes == 0 else { throw TLSError.plaintextAfterStartTLS }
        let handler = try TLSChannelHandler(context: context, host: host)
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    }

    // MARK: Life

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        state = .ended
        // Who waits may close the channel again: nothing of `waiting` is in use then.
        waiting.take()?.promise?.fail(TLSError.closed)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        reportTruncation(context)
        state = .ended
        // Who waits may close the channel again: nothing of `waiting` is in use then.
        waiting.take()?.promise?.fail(TLSError.closed)
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !hasStarted else { return }
        hasStarted = true
        if case .client = connection.context.role { advance(context) }
    }

    private func reportTruncation(_ context: ChannelHandlerContext) {
        switch state {
        case .handshaking, .established: context.fireErrorCaught(TLSError.truncated)
        case .readEnded, .writeEnded, .ended: break
        }
    }

    // MARK: Reading

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.receive(unwrapInboundIn(data))
        switch state {
        case .handshaking: advance(context)
        case .established, .writeEnded: deliver(context)
        case .readEnded, .ended: break  // after close_notify: ignored (RFC 8446 §6.1)
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        // A reader that asked for data and got none, as it was all handshake, is still waiting.
        if !hasDelivered, state != .ended { context.read() }
        hasDelivered = false
        context.fireChannelReadComplete()
    }

    private func advance(_ context: ChannelHandlerContext) {
        do throws(TLSError) {
            let isFinished = try connection.handshake()
            send(context)
            guard isFinished else { return }
        } catch {
            return fail(context, error)
        }
        state = .established
        context.fireUserInboundEventTriggered(connection.facts())
        encryptWaiting(context)
        deliver(context)
    }

    private func deliver(_ context: ChannelHandlerContext) {
        let received: TLSConnection.Received
        do throws(TLSError) {
            received = try connection.read(context.channel.allocator)
        } catch {
            return fail(context, error)
        }
        send(context)
        if received.plaintext.readableBytes > 0 {
            hasDelivered = true
            context.fireChannelRead(wrapInboundOut(received.plaintext))
        }
        if received.isClosedByPeer { endReading(context) }
    }

    private func endReading(_ context: ChannelHandlerContext) {
        let options = context.channel.syncOptions
        let isHalfCloseAllowed = (try? options?.getOption(.allowRemoteHalfClosure)) ?? false
        switch state {
        case .established where isHalfCloseAllowed:
            state = .readEnded
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .established, .writeEnded, .handshaking:
            finish(context, promise: nil)
            // What was written may still leave, but nothing more can be.
            guard context.channel.isActive else { return }
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .readEnded, .ended: break
        }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        switch state {
        case .handshaking, .established: fail(context, .truncated)
        case .writeEnded: finish(context, promise: nil)
        case .readEnded, .ended: break  // was told when close_notify came
        }
    }

    // MARK: Writing

    package func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch state {
        case .handshaking:
            waiting.append(unwrapOutboundIn(data), promise)
            if waiting.bytes > Self.waitingBytesMax { fail(context, .tooMuchBuffered) }
        case .established, .readEnded:
            waiting.append(unwrapOutboundIn(data), promise)
            if waiting.bytes > Self.gatheredBytesMax { encryptWaiting(context, flush: false) }
        case .writeEnded, .ended:
            promise?.fail(TLSError.closed)
        }
    }

    package func flush(context: ChannelHandlerContext) {
        switch state {
        case .handshaking: waiting.isFlushed = true
        case .established, .readEnded:
            encryptWaiting(context, flush: false)
            context.flush()
        case .writeEnded, .ended: context.flush()
        }
    }

    /// Encrypts what waits and writes it as one buffer.
    private func encryptWaiting(_ context: ChannelHandlerContext, flush: Bool? = nil) {
        let isFlushed = flush ?? waiting.isFlushed
        guard let (plaintexts, promise) = waiting.take() else { return }
        do throws(TLSError) {
            for plaintext in plaintexts { try connection.write(plaintext) }
        } catch {
            promise?.fail(error)
            return fail(context, error)
        }
        let output = connection.takeOutput()
        // Without any, the promise still waits for what was written before.
        guard output != nil || promise != nil else { return }
        context.write(wrapOutboundOut(output ?? ByteBuffer()), promise: promise)
        if isFlushed { context.flush() }
    }

    private func send(_ context: ChannelHandlerContext) {
        guard let output = connection.takeOutput() else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    // MARK: Closing

    package func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        switch (mode, state) {
        case (.all, .ended), (.input, _):
            context.close(mode: mode, promise: promise)
        case (.all, .handshaking), (.all, .established), (.all, .readEnded), (.all, .writeEnded),
            (.output, .readEnded):
            finish(context, promise: promise)
        case (.output, .established):
            encryptWaiting(context, flush: true)
            guard state == .established else { return promise?.fail(TLSError.closed) ?? () }
            state = .writeEnded
            connection.close()
            send(context)
            context.close(mode: .output, promise: promise)
        case (.output, .handshaking), (.output, .writeEnded), (.output, .ended):
            promise?.fail(TLSError.closed)
        }
    }

    /// Sends close_notify after all that was written, then closes the channel.
    private func finish(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        if state != .handshaking { encryptWaiting(context, flush: true) }
        guard state != .ended else { return context.close(promise: promise) }
        if state != .writeEnded { connection.close() }
        state = .ended
        // Who waits may close the channel again: nothing of `waiting` is in use then.
        waiting.take()?.promise?.fail(TLSError.closed)
        closeWhenSent(context, promise: promise)
    }

    private func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
        guard state != .ended else { return }
        state = .ended
        waiting.take()?.promise?.fail(error)
        context.fireErrorCaught(error)
        closeWhenSent(context, promise: nil)
    }

    private func closeWhenSent(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        guard let output = connection.takeOutput() else {
            return context.close(promise: promise)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(output), promise: written)
        let bound = context.loopBound
        let linger = context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerTime) {
            bound.value.close(promise: nil)
        }
        written.futureResult.assumeIsolated().whenComplete { _ in
            linger.cancel()
            bound.value.close(promise: promise)
        }
    }
}
