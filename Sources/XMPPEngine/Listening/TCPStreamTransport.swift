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
    let contentNamespace: Namespace
    private let tls: TLSContext?
    let outputLimits: OutputLimits
    var owner: (any ByteStreamOwner)?
    /// `nil` before the channel is there and after it is lost.
    private(set) var context: ChannelHandlerContext?
    private var parser: StreamParser?
    private var canPool = false
    private var unread: ByteBuffer?
    /// Whether the peer has to wait with its input.
    private(set) var isPaused = false
    private(set) var isEncrypted = false
    /// Written since the last flush; during a flush what the channel is being given.
    var output = ByteBuffer()
    /// There while the peer does not take all that is written, and from the stream's end on.
    var backlog: TCPBacklog?
    private var next = NextStep.none
    var hasOpened = false
    var isClosing = false
    /// Of an owner that is gone.
    var lastTransportClass = TransportClass.tcp

    private enum NextStep { case none, restart, tls }

    private static let log = Logger(label: "martlet.tcp")

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
        guard context != nil else { return }
        context = nil
        var unsent = backlog?.unsent ?? UnsentOutput()
        if output.readableBytes > 0 { _ = unsent.append(output) }
        let owner = self.owner ?? backlog?.owner
        self.owner = nil
        backlog = nil
        output = ByteBuffer()
        unread = nil
        // Read first: whoever comes when the session has left finds what it was not given.
        let stanzas = unsent.stanzas(with: loop.parsers)
        owner?.transportLost()
        owner?.giveBack(stanzas)
        // Last: a server that stops waits for what is given back.
        loop.openStreams.remove(self)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        Self.log.debug("connection failed", metadata: ["error": "\(error)"])
        cutShort()
    }

    package func cutShort() {
        noteWaiting()
        context?.close(promise: nil)
        // TLS waits for the peer to take its last bytes, unless it is closed again.
        context?.close(promise: nil)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let facts = event as? TLSFacts {
            isEncrypted = true
            owner?.secured(facts)
        } else if event as? ChannelEvent == .inputClosed, !isClosing {
            // As when TCP ends without the stream's end: nothing can be sent any more.
            cutShort()
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        // The end of the connection may be next, and then nobody knows any more.
        noteWaiting()
        context.fireChannelReadComplete()
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

    func setReading(_ isWanted: Bool) {
        guard let context, isPaused == isWanted else { return }
        isPaused = !isWanted
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

    /// Takes no more of what the peer has sent.
    func dropInput() {
        parser?.halt()
        unread = nil
    }
}
