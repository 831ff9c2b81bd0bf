import NIOCore
import XMPPCore

/// What goes to the peer, and what becomes of it while the peer does not take it.
extension TCPStreamTransport {
    /// What is given back in doubt is a piece at most, and pieces are about as large as this: but
    /// for the first, which was written before anything had to wait.
    private static let unsentPieceBytes = 16 << 10
    /// How long the end of a stream may take to reach the peer.
    private static let closeSeconds = 5

    package func open(_ opening: StreamOpening) {
        // Output is read back in pieces: a header is the first of its piece.
        flushOutput()
        hasOpened = true
        write { buffer in
            buffer.writeStaticString("<?xml version='1.0'?>")
            buffer.write(opening, contentNamespace: contentNamespace)
        }
    }

    package func send(_ stanza: Stanza) {
        write { $0.write(stanza, framing: .stream) }
        guard let backlog else { return }
        backlog.state.countStanza()
        if output.readableBytes > Self.unsentPieceBytes { flushOutput() }
    }

    package func sendWhitespace() {
        write { $0.writeStaticString(" ") }
    }

    package func send(_ nonza: Element) {
        write { buffer in
            if nonza.namespace == .streams {
                buffer.writeStreamElement(nonza, contentNamespace: .client)
            } else {
                buffer.write(nonza, in: .client)
            }
        }
    }

    @inline(__always)
    private func write(_ body: (inout ByteBuffer) -> Void) {
        guard let context, !isClosing else { return }
        if output.readableBytes == 0 {
            output = context.channel.allocator.buffer(capacity: 512)
            loop.flushLater(self)
        }
        body(&output)
    }

    private var transportClass: TransportClass { owner?.transportClass ?? lastTransportClass }

    package func flushOutput() {
        guard let context, output.readableBytes > 0 else { return }
        loop.counters.add(.bytesOut(transportClass), output.readableBytes)
        if let backlog { return flush(behind: backlog, context) }
        // It stays in its place: a connection that is lost in the middle gives it back.
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        let written = output
        output = ByteBuffer()
        if let waiting = waitingBytes, waiting > 0 { beginBacklog(written, waiting: waiting) }
    }

    private func flush(behind backlog: TCPBacklog, _ context: ChannelHandlerContext) {
        let written = output
        output = ByteBuffer()
        context.writeAndFlush(
            wrapOutboundOut(written), promise: keep(written, in: backlog, context))
        guard let waiting = noteWaiting() else { return }
        obey(
            backlog.state.wrote(
                written.readableBytes, waiting: waiting, limits: outputLimits))
    }

    // MARK: a peer that does not read

    package var isBehind: Bool { backlog != nil }

    /// Bytes that the system has not taken yet, as they go over the wire; `nil` when that is not
    /// known any more.
    private var waitingBytes: Int? {
        try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)
    }

    /// Notes how much of the output has left by now.
    @discardableResult
    func noteWaiting() -> Int? {
        guard let backlog, !backlog.isRefused, let waiting = waitingBytes else { return nil }
        // Of a record that left in part the peer can read nothing.
        backlog.unsent.waits(waiting &+ (isEncrypted ? TLSChannelHandler.recordBytesMax : 0))
        return waiting
    }

    /// What was written last is the first to wait.
    private func beginBacklog(_ written: ByteBuffer, waiting: Int) {
        guard let context else { return }
        let backlog = TCPBacklog(waiting: waiting)
        self.backlog = backlog
        // Nothing, written after it: that it left tells that all before did.
        context.writeAndFlush(
            wrapOutboundOut(ByteBuffer()), promise: keep(written, in: backlog, context))
        noteWaiting()
        obey(backlog.state.wrote(0, waiting: waiting, limits: outputLimits))
        checkLater(backlog)
    }

    /// Keeps written bytes until the promise says that they left.
    private func keep(
        _ written: ByteBuffer, in backlog: TCPBacklog, _ context: ChannelHandlerContext
    ) -> EventLoopPromise<Void> {
        let number = backlog.unsent.append(written)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: backlog.unsent.left(number)
            case .failure: backlog.isRefused = true
            }
        }
        return promise
    }

    /// Each backlog has checks of its own: two that are close together would find a stall.
    private func checkLater(_ backlog: TCPBacklog) {
        guard let seconds = outputLimits.stallSeconds, let context else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) {
            guard self.backlog === backlog, !self.isClosing else { return }
            if let waiting = self.noteWaiting() { self.obey(backlog.state.check(waiting: waiting)) }
            if self.backlog === backlog { self.checkLater(backlog) }
        }
    }

    private func obey(_ verdict: OutputBacklog.Verdict) {
        switch verdict {
        case .goesOn: break
        case .over: backlog = nil
        case .stalled:
            // What the system has taken still reaches the peer, but not when input is left unread.
            let hasReadAll = !isPaused
            cutOff(StreamError(.connectionTimeout, "nothing is read any more"))
            if hasReadAll { cutShort() }
        case .tooMuch:
            cutOff(StreamError(.resourceConstraint, "too much is waiting for this client"))
        }
    }

    private func cutOff(_ error: StreamError) {
        guard !isClosing else { return }
        owner?.shutDown(error)
    }

    // MARK: the end

    package func shutDown(_ error: StreamError) { owner?.shutDown(error) }

    package func close(_ error: StreamError?) {
        guard let context, !isClosing else { return }
        if let error {
            if !hasOpened {
                open(
                    StreamOpening(
                        id: SecureRandom.token(), from: owner?.domain ?? "", to: nil,
                        language: "en", hasVersion: true))
            }
            write { $0.writeStreamElement(error.element, contentNamespace: .client) }
        }
        if hasOpened { write { $0.writeStaticString("</stream:stream>") } }
        isClosing = true
        lastTransportClass = transportClass
        let backlog = self.backlog ?? TCPBacklog(waiting: 0)
        self.backlog = backlog
        backlog.owner = owner
        owner = nil
        dropInput()
        guard output.readableBytes > 0 else { return context.channel.close(promise: nil) }
        // Closing with unread input would reset the connection, and the reset may overtake the
        // last bytes: what the peer still sends is read and dropped until it closes, too.
        setReading(true)
        sendEnd(behind: backlog, context)
    }

    /// Closes once all has left, or when that takes too long.
    private func sendEnd(behind backlog: TCPBacklog, _ context: ChannelHandlerContext) {
        let rest = output
        output = ByteBuffer()
        loop.counters.add(.bytesOut(lastTransportClass), rest.readableBytes)
        let channel = context.channel
        let promise = keep(rest, in: backlog, context)
        channel.writeAndFlush(rest, promise: promise)
        promise.futureResult.whenComplete { result in
            guard case .success = result else { return channel.close(promise: nil) }
            channel.close(mode: .output, promise: nil)
        }
        channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(Self.closeSeconds))) {
            self.cutShort()
        }
    }
}
