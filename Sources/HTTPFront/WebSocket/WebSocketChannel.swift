import CMicroHTTPD
import Logging
import NIOCore
import XMPPEngine

/// A WebSocket connection after its handshake (RFC 6455 §5–7).
///
/// Guarded by its loop. While it is idle it holds neither reader nor buffers. What is said within
/// a turn of the loop leaves in one write.
package final class WebSocketChannel {
    enum Phase {
        case open
        /// Our Close frame is sent, the client's is awaited (§7.1.2).
        case closing
        /// Both are, or the connection failed: the last bytes leave, what comes is dropped
        /// (§7.1.1, §7.1.7).
        case ending
        case closed
    }

    let connection: UpgradedConnection
    let tools: WebSocketTools
    private let deflate: DeflateTerms?
    let outputBytesMax: Int
    let outputMessagesMax: Int
    /// Milliseconds in which the client must take something; 0 for ever.
    let sendTimeout: Int
    private(set) var user: (any WebSocketUser)?
    /// The user, also after `lost`, until the connection is closed.
    var formerUser: (any WebSocketUser)?
    private(set) var phase = Phase.open
    private var reader: FrameReader?
    private var input: WebSocketInput
    /// Bytes that came while the user was busy.
    private var unread = ByteBuffer()
    private(set) var output = ByteBuffer()
    /// There while the client does not take all that is written.
    var backlog: WebSocketBacklog?
    private var interest = LoopInterest.input
    private var isReadingPaused = false
    private var isConsuming = false
    private var isFlushWanted = false
    private var isWritingFinished = false
    /// Whether the client is to close next.
    private var isCloseExpected = false
    private var keepAlive: WebSocketKeepAlive
    private var timer: HTTPTimer?

    /// How long the end may take.
    private static let closeTime = Duration.seconds(5)

    package init(
        _ connection: UpgradedConnection, deflate: DeflateTerms?, settings: WebSocketSettings
    ) {
        self.connection = connection
        self.deflate = deflate
        outputBytesMax = settings.outputBytesMax
        outputMessagesMax = settings.outputMessagesMax
        sendTimeout = settings.sendTimeout
        tools = connection.loop.kept(WebSocketTools.self)
        input = WebSocketInput(
            mayBeCompressed: deflate != nil, acceptsBinary: settings.acceptsBinary)
        keepAlive = WebSocketKeepAlive(
            pingInterval: settings.pingInterval, timeout: settings.timeout,
            now: Int(clamping: connection.loop.now))
    }

    package var loop: HTTPLoop { connection.loop }

    private var now: Int { Int(clamping: loop.now) }

    /// Begins with what came with the handshake.
    package func start(_ user: any WebSocketUser) {
        self.user = user
        do {
            try loop.watch(connection.descriptor, for: interest, self)
        } catch {
            loop.log.warning("cannot watch a WebSocket", metadata: ["error": "\(error)"])
            connection.close()
            phase = .closed
            lose()
            return returnUnsent()
        }
        tools.count += 1
        timer = loop.timer { [unowned self] in timerFired() }
        armKeepAlive()
        connection.takeEarly().withUnsafeBytes { if !$0.isEmpty { consume($0) } }
    }
}

// MARK: Input

extension WebSocketChannel: LoopWatch {
    func happened(_ events: UInt32) {
        if events & EPOLLOUT.rawValue != 0 { write() }
        let readable = EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
        if events & readable != 0, interest.contains(.input) { read() }
        watch()
    }

    func ended() {
        guard phase != .closed else { return }
        shut()
    }

    func serverStops(_ server: HTTPServer?) {
        guard server == nil || server === connection.http.server else { return }
        user?.serverStops()
    }

    private func read() {
        guard phase != .closed else { return }
        if user?.isBusy == true {
            isReadingPaused = true
            return
        }
        let buffer = tools.readBuffer
        switch connection.read(into: buffer) {
        case .bytes(let count):
            guard phase != .ending else { return }
            keepAlive.heard(now: now)
            user?.took(count)
            consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        case .nothingYet:
            break
        case .end:
            shut()
        }
    }

    /// The user is no longer busy.
    package func resume() {
        guard phase != .closed, !isConsuming else { return }
        isReadingPaused = false
        let bytes = unread
        unread = ByteBuffer()
        if bytes.readableBytes > 0 || reader != nil {
            bytes.withUnsafeReadableBytes { consume($0) }
        }
        watch()
    }

    private func consume(_ bytes: UnsafeRawBufferPointer) {
        let reader = self.reader ?? tools.takeReader()
        self.reader = reader
        reader.lend(bytes)
        isConsuming = true
        while phase == .open || phase == .closing, user?.isBusy != true, step(reader) {}
        isConsuming = false
        let rest = reader.takeRest()
        if phase == .ending || phase == .closed {
            self.reader = nil
        } else if reader.isClean {
            self.reader = nil
            tools.give(reader)
        }
        guard !rest.isEmpty, phase == .open || phase == .closing else { return }
        unread.writeBytes(rest)
        isReadingPaused = true
    }

    /// Takes one piece of a frame; false when there is none.
    private func step(_ reader: FrameReader) -> Bool {
        switch reader.next() {
        case .needsMore:
            return false
        case .violation:
            fail(.protocolError)
        case .piece(let piece):
            carryOut(input.take(piece, bytesMax: user?.messageBytesMax ?? 0), piece)
        }
        return true
    }

    private func carryOut(_ order: WebSocketInput.Order, _ piece: FramePiece) {
        switch order {
        case .goOn, .pong: break
        case .ping(let payload): answer(payload)
        case .fail(.messageTooBig): refuseSize()
        case .fail(let code): fail(code)
        case .close(let code): closed(by: code)
        case .message(let kind):
            guard input.hasKept else { return pass(piece.bytes, kind) }
            var message = input.takeKept()
            message.writeBytes(piece.bytes)
            message.withUnsafeReadableBytes { pass($0, kind) }
        }
    }

    private func pass(_ message: UnsafeRawBufferPointer, _ kind: WebSocketInput.Kind) {
        guard phase == .open, let user else { return }
        guard kind.isCompressed else { return user.received(message, isText: kind.isText) }
        tools.withInflated(message, bytesMax: user.messageBytesMax) { outcome, text in
            switch outcome {
            case .malformed: fail(.invalidPayload)
            case .tooBig: refuseSize()
            case .inflated:
                guard !kind.isText || UTF8Check.isText(text) else {
                    return fail(.invalidPayload)
                }
                user.received(text, isText: kind.isText)
            }
        }
    }
}

// MARK: Output

extension WebSocketChannel: FlushedAtEndOfTurn {
    /// Sends a message.
    package func send(isText: Bool = true, _ body: (inout ByteBuffer) -> Void) {
        guard phase == .open || (phase == .ending && user != nil) else { return }
        prepareOutput()
        backlog?.countMessage()
        tools.writeMessage(isText ? .text : .binary, deflate, to: &output, body)
    }

    func sendControl(_ opcode: FrameWriter.Opcode, _ payload: [UInt8]) {
        guard phase != .closed else { return }
        prepareOutput()
        tools.writeControl(opcode, payload, to: &output)
    }

    private func prepareOutput() {
        if output.readableBytes == 0 { output = ByteBufferAllocator().buffer(capacity: 512) }
        guard !isFlushWanted else { return }
        isFlushWanted = true
        loop.streams.flushLater(self)
    }

    package func flushOutput() {
        isFlushWanted = false
        write()
        watch()
    }

    private func write() {
        while phase != .closed, output.readableBytes > 0 {
            guard let count = output.withUnsafeReadableBytes({ connection.write($0) }) else {
                return shut()
            }
            guard count > 0 else { break }
            loop.streams.counters.add(.bytesOut(.webSocket), count)
            output.moveReaderIndex(forwardBy: count)
            guard let backlog else { continue }
            backlog.took()
            // It reads, however slowly, and may not be heard meanwhile.
            keepAlive.heard(now: now)
        }
        guard output.readableBytes > 0 else {
            output = ByteBuffer()
            endBacklog()
            if phase == .ending { finishWriting() }
            return
        }
        UnsentFrames.forgetSent(in: &output)
        follow()
    }

    private func finishWriting() {
        guard !isWritingFinished else { return }
        isWritingFinished = true
        connection.finishWriting()
    }

    /// Watches for what can go on.
    private func watch() {
        guard phase != .closed else { return }
        let isHeard = phase == .ending || !(isReadingPaused || isDeaf)
        var wanted: LoopInterest = isHeard ? .input : []
        if output.readableBytes > 0, !isFlushWanted { wanted.insert(.output) }
        if wanted.isEmpty { wanted = .hangUp }
        guard wanted != interest else { return }
        do {
            try loop.rewatch(connection.descriptor, from: interest, to: wanted, self)
            interest = wanted
        } catch {
            loop.log.warning("cannot watch a WebSocket", metadata: ["error": "\(error)"])
            shut()
        }
    }
}

// MARK: The end

extension WebSocketChannel {
    /// Closes: the client is told why, and has a little time to confirm it.
    package func close(_ code: CloseCode) {
        guard phase == .open else { return }
        sendControl(.close, code.payload)
        phase = .closing
        timer?.arm(after: Self.closeTime)
    }

    /// Closes with that code unless the client does so in time.
    package func expectClose() {
        guard phase == .open else { return }
        isCloseExpected = true
        timer?.arm(after: Self.closeTime)
    }

    /// The client closes, or confirms it.
    private func closed(by code: CloseCode?) {
        if phase == .open {
            sendControl(.close, code?.payload ?? [])
            lose()
        }
        beginEnding()
    }

    /// The client broke a rule: it hears why, and nothing more is read.
    private func fail(_ code: CloseCode) {
        guard phase != .closed else { return }
        if phase != .closing { sendControl(.close, code.payload) }
        lose()
        beginEnding()
    }

    private func refuseSize() {
        if phase == .open {
            phase = .ending
            user?.refusesSize()
        }
        fail(.messageTooBig)
    }

    private func beginEnding() {
        phase = .ending
        timer?.arm(after: Self.closeTime)
        if output.readableBytes == 0 { finishWriting() }
    }

    private func lose() {
        guard let user else { return }
        self.user = nil
        formerUser = user
        user.lost()
    }

    func shut() {
        guard phase != .closed else { return }
        phase = .closed
        lose()
        returnUnsent()
        endBacklog()
        tools.count -= 1
        timer?.disarm()
        timer = nil
        reader = nil
        output = ByteBuffer()
        unread = ByteBuffer()
        connection.close()
    }

    private func timerFired() {
        switch phase {
        case .open where isCloseExpected: close(.normal)
        case .open: keepAliveFired()
        case .closing: beginEnding()
        case .ending, .closed:
            shut()
        }
    }

    private func keepAliveFired() {
        switch keepAlive.due(now: now) {
        case .wait: break
        case .ping: sendControl(.ping, [])
        case .end:
            close(.goingAway)
            return lose()
        }
        armKeepAlive()
    }

    private func armKeepAlive() {
        timer?.arm(after: .milliseconds(max(1, keepAlive.deadline - now)))
    }
}
