import Logging
import NIOCore
import XMPPCore

/// A stream over TCP: bytes from a NIO channel to a parser, and back (RFC 6120 §4).
///
/// Guarded by its event loop. While the stream is idle it holds neither parser nor buffers.
package final class TCPStreamTransport: ChannelInboundHandler, StreamTransport, OpenStream {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    package let loop: StreamLoop
    package let kind = TransportKind.tcp
    private let makeOwner: (TCPStreamTransport) -> any ByteStreamOwner
    private let contentNamespace: Namespace
    private let tls: TLSContext?
    private let outputLimits: OutputLimits
    private var owner: (any ByteStreamOwner)?
    private var context: ChannelHandlerContext?
    private var parser: StreamParser?
    private var canPool = false
    private var unread: ByteBuffer?
    private var isReading = false
    private var output = ByteBuffer()
    /// There while the peer does not take all that is written, and from the stream's end on.
    private var backlog: TCPBacklog?
    private var next = NextStep.none
    private var hasOpened = false
    private var isClosing = false
    /// Of an owner that is gone.
    private var lastTransportClass = TransportClass.tcp

    private enum NextStep { case none, restart, tls }

    private static let log = Logger(label: "martlet.tcp")
    /// A piece that has left in part is given back whole: pieces are about as large as this, but
    /// for the first, which was written before anything had to wait.
    private static let unsentPieceBytes = 16 << 10
    /// How long the end of a stream may take to reach the peer.
    private static let closeSeconds = 5

    /// - Parameters:
    ///   - loop: Of the channel's event loop.
    ///   - contentNamespace: The default namespace of the stream.
    ///   - tls: `nil` when STARTTLS cannot be offered.
    ///   - outputLimits: When a peer that does not read is cut off.
    ///   - makeOwner: Makes the stream when the channel is there.
    package init(
        loop: StreamLoop, contentNamespace: Namespace, tls: TLSContext?,
        outputLimits: OutputLimits,
        makeOwner: @escaping (TCPStreamTransport) -> any ByteStreamOwner
    ) {
        self.loop = loop
        self.contentNamespace = contentNamespace
        self.tls = tls
        self.outputLimits = outputLimits
        self.makeOwner = makeOwner
    }

    // MARK: the channel

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.openStreams.add(self)
        owner = makeOwner(self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { lose() }

    package func channelInactive(context: ChannelHandlerContext) {
        lose()
        context.fireChannelInactive()
    }

    private func lose() {
        context = nil
        loop.openStreams.remove(self)
        var unsent = backlog?.unsent ?? UnsentOutput()
        if output.readableBytes > 0 { _ = unsent.append(output) }
        let owner = self.owner ?? backlog?.owner
        self.owner = nil
        backlog = nil
        output = ByteBuffer()
        unread = nil
        owner?.transportLost()
        owner?.giveBack(unsent.stanzas(with: loop.parsers))
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        Self.log.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let facts = event as? TLSFacts {
            owner?.secured(facts)
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard owner != nil, !isClosing else { return }
        owner?.took(bytes.readableBytes)
        if unread != nil || owner?.isParked == true {
            keep(&bytes)
        } else if loop.counters.isTimed() {
            let start = Moment.now
            consume(bytes)
            loop.counters.observe(.routingTurn, nanoseconds: Moment.now - start)
        } else {
            consume(bytes)
        }
    }

    /// Keeps bytes for later, and lets the peer wait.
    private func keep(_ bytes: inout ByteBuffer) {
        if unread?.writeBuffer(&bytes) == nil { unread = bytes }
        setReading(false)
    }

    private func setReading(_ isWanted: Bool) {
        guard let context, isReading != !isWanted else { return }
        isReading = !isWanted
        try? context.channel.syncOptions?.setOption(.autoRead, value: isWanted)
    }

    // MARK: input

    private func consume(_ bytes: ByteBuffer) {
        var bytes = bytes
        while bytes.readableBytes > 0, let owner, !isClosing {
            if owner.isParked { return keep(&bytes) }
            guard feed(&bytes, to: owner) else { return }
            switch next {
            case .none: break
            case .restart: parser = nil
            case .tls: beginTLS(unparsedBytes: bytes.readableBytes)
            }
            next = .none
        }
        releaseParser()
    }

    /// Feeds the parser; `false` after an error.
    private func feed(_ bytes: inout ByteBuffer, to owner: any ByteStreamOwner) -> Bool {
        if parser == nil {
            if owner.isEstablished, canPool {
                Self.skipWhitespace(&bytes)
                guard bytes.readableBytes > 0 else { return true }
                parser = loop.parsers.take(.clientStream)
            } else {
                parser = StreamParser(.stream)
            }
        }
        guard let parser else { return false }
        let result = bytes.withUnsafeReadableBytes { pointer -> Result<Int, StreamError> in
            if owner.isEstablished {
                if let error = parser.feed(pointer, to: owner, limits: owner.limits) {
                    return .failure(error)
                }
                return .success(pointer.count)
            }
            return parser.feedStepwise(pointer, to: owner, limits: owner.limits) {
                next == .none && !isClosing && !owner.isParked && !owner.isEstablished
            }
        }
        switch result {
        case .success(let used):
            bytes.moveReaderIndex(forwardBy: used)
            return true
        case .failure(let error):
            self.parser = nil
            owner.parserFailed(error)
            return false
        }
    }

    /// White space between stanzas needs no parser.
    private static func skipWhitespace(_ bytes: inout ByteBuffer) {
        let count = bytes.readableBytesView.prefix { byte in
            byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        }.count
        bytes.moveReaderIndex(forwardBy: count)
    }

    private func releaseParser() {
        guard let parser, let owner, owner.isEstablished else { return }
        if parser.framing == .clientStream {
            guard parser.isBetweenElements else { return }
            loop.parsers.give(parser)
            self.parser = nil
        } else if parser.canContinueAsClientStream {
            canPool = true
            self.parser = nil
        }
    }

    package func pauseInput() {}

    package func resumeInput() {
        guard let bytes = unread else { return setReading(true) }
        unread = nil
        consume(bytes)
        if unread == nil { setReading(true) }
    }

    package func restart() { next = .restart }

    package func startTLS() {
        flushOutput()
        next = .tls
    }

    private func beginTLS(unparsedBytes: Int) {
        parser = nil
        hasOpened = false
        guard let context, let tlsContext = tls else {
            context?.close(promise: nil)
            return
        }
        do {
            try TLSChannelHandler.start(
                on: context.channel, context: tlsContext, host: owner?.domain,
                unparsedBytes: unparsedBytes)
        } catch {
            Self.log.info("STARTTLS refused", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    // MARK: output

    package func open(_ opening: StreamOpening) {
        hasOpened = true
        write { buffer in
            buffer.writeStaticString("<?xml version='1.0'?>")
            buffer.write(opening, contentNamespace: contentNamespace)
        }
    }

    package func send(_ stanza: Stanza) {
        if let backlog {
            backlog.state.countStanza()
            if output.readableBytes > Self.unsentPieceBytes { flushOutput() }
        }
        write { $0.write(stanza, framing: .stream) }
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

    private func takeOutput() -> ByteBuffer {
        let bytes = output
        loop.counters.add(.bytesOut(transportClass), bytes.readableBytes)
        output = ByteBuffer()
        return bytes
    }

    package func flushOutput() {
        guard let context, output.readableBytes > 0 else { return }
        let output = takeOutput()
        context.writeAndFlush(
            wrapOutboundOut(output), promise: backlog.map { keep(output, in: $0, context) })
        let waiting = waitingBytes
        guard waiting > 0 || backlog != nil else { return }
        follow(output, waiting: waiting)
    }

    // MARK: a peer that does not read

    package var isBehind: Bool { backlog != nil }

    private var waitingBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func follow(_ written: ByteBuffer, waiting: Int) {
        guard let backlog else { return beginBacklog(written, waiting: waiting) }
        obey(
            backlog.state.wrote(
                written.readableBytes, waiting: waiting, limits: outputLimits))
    }

    /// What was written last is the first to wait.
    private func beginBacklog(_ written: ByteBuffer, waiting: Int) {
        guard let context else { return }
        let backlog = TCPBacklog(waiting: waiting)
        self.backlog = backlog
        // Nothing, written after it: that it left tells that all before did.
        context.writeAndFlush(
            wrapOutboundOut(ByteBuffer()), promise: keep(written, in: backlog, context))
        obey(backlog.state.wrote(0, waiting: waiting, limits: outputLimits))
        checkLater()
    }

    /// Keeps written bytes until the promise says that they left.
    private func keep(
        _ written: ByteBuffer, in backlog: TCPBacklog, _ context: ChannelHandlerContext
    ) -> EventLoopPromise<Void> {
        let number = backlog.unsent.append(written)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { backlog.unsent.left(number) }
        return promise
    }

    private func checkLater() {
        guard let seconds = outputLimits.stallSeconds, let context else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) {
            guard let backlog = self.backlog, !self.isClosing else { return }
            self.obey(backlog.state.check(waiting: self.waitingBytes))
            if self.backlog != nil { self.checkLater() }
        }
    }

    private func obey(_ verdict: OutputBacklog.Verdict) {
        switch verdict {
        case .goesOn: break
        case .over: backlog = nil
        case .stalled: cutOff(StreamError(.connectionTimeout, "nothing is read any more"))
        case .tooMuch:
            cutOff(StreamError(.resourceConstraint, "too much is waiting for this client"))
        }
    }

    private func cutOff(_ error: StreamError) {
        guard !isClosing else { return }
        owner?.shutDown(error)
    }

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
        parser?.halt()
        unread = nil
        let channel = context.channel
        guard output.readableBytes > 0 else {
            channel.close(promise: nil)
            return
        }
        // Closing with unread input would reset the connection, and the reset may overtake the
        // last bytes: what the peer still sends is read and dropped until it closes, too.
        setReading(true)
        let rest = takeOutput()
        let promise = keep(rest, in: backlog, context)
        channel.writeAndFlush(rest, promise: promise)
        promise.futureResult.whenComplete { result in
            guard case .success = result else { return channel.close(promise: nil) }
            channel.close(mode: .output, promise: nil)
        }
        channel.eventLoop.scheduleTask(in: .seconds(Int64(Self.closeSeconds))) {
            channel.close(promise: nil)
        }
    }
}
