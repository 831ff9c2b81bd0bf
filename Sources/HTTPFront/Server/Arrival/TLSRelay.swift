import CMicroHTTPD
import Glibc
import Logging
import NIOCore
import XMPPEngine

/// One TLS connection of a client: records on its socket, plain text on a pair of local sockets.
///
/// libmicrohttpd, and whoever takes a connection over from it, has the other end of that pair and
/// sees no difference to a connection without TLS. Guarded by its loop. While nothing moves it has
/// no buffers; what one side does not take stops the reading of the other.
final class TLSRelay {
    private enum Phase {
        case handshaking
        case relaying
        /// The plain side is closed; what waits for the client still leaves.
        case flushing
        /// All is sent. What the client still sends is dropped, so that it can read the answer
        /// (RFC 9112 §9.6).
        case lingering
        case closed
    }

    private static let readMax = 64 << 10
    /// What the pair of sockets may hold on the way to the client.
    private static let pairBytes: Int32 = 64 << 10
    private static let droppedBytesMax = 4 << 20
    private static let lingerTime = Duration.seconds(2)
    private static let leaveTime = Duration.seconds(2)

    private let loop: HTTPLoop
    private let session: TLSConnection
    private let outside: Int32
    private let flushTime: Duration
    private var inside: Int32 = -1
    private var phase = Phase.handshaking
    private var forInside = ByteBuffer()
    private var forOutside = ByteBuffer()
    private var hasClientEnded = false
    /// The client has sent its last, some of which is not read yet.
    private var isLeaving = false
    private var droppedBytes = 0
    private var outsideInterest: LoopInterest = []
    private var insideInterest: LoopInterest = []
    private var timer: HTTPTimer?
    private var whenSecured: ((Int32) -> Bool)?
    private var whenFailed: (() -> Void)?

    /// Takes over an accepted socket.
    ///
    /// - Throws: When OpenSSL has no memory for a session.
    init(
        _ descriptor: Int32, context: TLSContext, limits: HTTPLimits, loop: HTTPLoop
    ) throws(TLSError) {
        session = try TLSConnection(context: context, host: nil)
        outside = descriptor
        let slowest = Int(Self.pairBytes) * 4 / max(1, limits.bytesPerSecondMin)
        flushTime = limits.bodyTimeout + .seconds(slowest)
        self.loop = loop
    }

    /// What the handshake settled; worked out on each call.
    var facts: TLSFacts { session.facts() }

    /// Begins the handshake; it must end within `time`.
    ///
    /// One of the two is called, once: `secured` with the plain end, which it takes over, and false
    /// when it could not; `failed` when there is no connection to be had.
    func start(
        within time: Duration, secured: @escaping (Int32) -> Bool, failed: @escaping () -> Void
    ) {
        whenSecured = secured
        whenFailed = failed
        timer = loop.schedule(after: time) { [weak self] in self?.close() }
        settle()
    }
}

// MARK: Steps

extension TLSRelay: LoopWatch {
    func happened(_ events: UInt32) {}

    func happened(_ events: UInt32, on descriptor: Int32) {
        if descriptor == outside {
            sendOutside()
            readOutside(events)
        } else {
            sendInside()
            readInside()
        }
        settle()
    }

    func ended() {
        close()
    }

    /// Reads what the client sent, if there is room for it.
    private func readOutside(_ events: UInt32) {
        switch phase {
        case .handshaking, .relaying:
            guard !hasClientEnded, forInside.readableBytes == 0, forOutside.readableBytes == 0
            else { return pausedOutside(events) }
            if isLeaving { isLeaving = false; timer?.disarm() }
        case .flushing, .lingering:
            guard !hasClientEnded else { return }
        case .closed: return
        }
        switch loop.receive(on: outside, bytesMax: Self.readMax) {
        case .bytes: take()
        case .nothingYet: break
        case .end: clientEnded()
        case .failed: close()
        }
    }

    /// Nothing is read now; the one thing of interest is whether the client leaves.
    private func pausedOutside(_ events: UInt32) {
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { return close() }
        guard events & EPOLLRDHUP.rawValue != 0 else { return }
        isLeaving = true
        // What the plain side does not take now it will not take before it hears of this.
        if forInside.readableBytes > 0 { arm(after: Self.leaveTime) }
    }

    private func take() {
        guard phase != .flushing, phase != .lingering else {
            droppedBytes += loop.relayBuffer.readableBytes
            if droppedBytes > Self.droppedBytesMax { close() }
            return
        }
        session.receive(loop.relayBuffer)
        do throws(TLSError) {
            if phase == .handshaking {
                let isFinished = try session.handshake()
                queueOutput()
                guard isFinished else { return }
                guard open() else { return close() }
            }
            let received = try session.read(ByteBufferAllocator())
            queueOutput()
            if received.plaintext.readableBytes > 0 {
                forInside = received.plaintext
                sendInside()
            }
            if received.isClosedByPeer { clientEnded() }
        } catch {
            loop.log.debug("a TLS connection failed", metadata: ["error": "\(error)"])
            queueOutput()
            close()
        }
    }

    /// The handshake is done: makes the plain connection.
    private func open() -> Bool {
        var ends: [Int32] = [-1, -1]
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else {
            loop.log.error("no descriptors left for TLS", metadata: ["errno": "\(errno)"])
            return false
        }
        var bytes = Self.pairBytes
        let size = socklen_t(MemoryLayout<Int32>.size)
        for end in ends { setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bytes, size) }
        timer?.disarm()
        timer = nil
        inside = ends[0]
        phase = .relaying
        loop.relayCount += 1
        let secured = whenSecured
        whenSecured = nil
        whenFailed = nil
        return secured?(ends[1]) ?? false
    }

    private func readInside() {
        guard phase == .relaying, forOutside.readableBytes == 0 else { return }
        switch loop.receive(on: inside, bytesMax: Self.readMax / 2) {
        case .bytes:
            do throws(TLSError) {
                try session.write(loop.relayBuffer)
            } catch {
                return close()
            }
            queueOutput()
        case .nothingYet: break
        case .end, .failed: insideEnded()
        }
    }

    /// libmicrohttpd has closed its end.
    private func insideEnded() {
        guard phase == .relaying else { return }
        phase = .flushing
        forInside = ByteBuffer()
        session.close()
        arm(after: flushTime)
        queueOutput()
    }

    private func clientEnded() {
        hasClientEnded = true
        switch phase {
        case .handshaking, .lingering: close()
        case .relaying where forInside.readableBytes == 0: shutdown(inside, Int32(SHUT_WR))
        case .relaying, .flushing, .closed: break
        }
    }

    private func arm(after time: Duration) {
        let timer = timer ?? loop.timer { [weak self] in self?.close() }
        timer.arm(after: time)
        self.timer = timer
    }
}

// MARK: Sending

extension TLSRelay {
    private func sendInside() {
        guard phase == .relaying, forInside.readableBytes > 0 else { return }
        guard loop.send(&forInside, on: inside) else {
            forInside = ByteBuffer()
            return insideEnded()
        }
        if forInside.readableBytes == 0, hasClientEnded { shutdown(inside, Int32(SHUT_WR)) }
    }

    private func queueOutput() {
        guard let output = session.takeOutput() else { return }
        if forOutside.readableBytes == 0 {
            forOutside = output
        } else {
            forOutside.writeImmutableBuffer(output)
        }
        sendOutside()
    }

    private func sendOutside() {
        guard phase != .closed, forOutside.readableBytes > 0 else { return }
        if !loop.send(&forOutside, on: outside) { close() }
    }

    /// Watches for what can go on, and ends what has come to its end.
    private func settle() {
        if phase == .flushing, forOutside.readableBytes == 0 {
            guard !hasClientEnded, !loop.isStopping else { return close() }
            phase = .lingering
            loop.relayCount -= 1
            shutdown(outside, Int32(SHUT_WR))
            arm(after: Self.lingerTime)
        }
        guard phase != .closed else { return }
        var forClient: LoopInterest = []
        var forServer: LoopInterest = []
        if forOutside.readableBytes > 0 { forClient.insert(.output) }
        let isRoom = forInside.readableBytes == 0 && forOutside.readableBytes == 0
        if !hasClientEnded {
            let isDropping = phase == .flushing || phase == .lingering
            if isRoom || isDropping {
                forClient.insert(.input)
            } else if !isLeaving {
                forClient.insert(.leaving)
            }
        }
        if phase == .relaying {
            if forOutside.readableBytes == 0 { forServer.insert(.input) }
            if forInside.readableBytes > 0 { forServer.insert(.output) }
        }
        do {
            try loop.rewatch(outside, from: outsideInterest, to: forClient, self)
            outsideInterest = forClient
            guard inside >= 0 else { return }
            try loop.rewatch(inside, from: insideInterest, to: forServer, self)
            insideInterest = forServer
        } catch {
            loop.log.warning("cannot watch a connection", metadata: ["error": "\(error)"])
            close()
        }
    }

    private func close() {
        switch phase {
        case .handshaking, .lingering: break
        case .relaying, .flushing: loop.relayCount -= 1
        case .closed: return
        }
        phase = .closed
        timer?.disarm()
        timer = nil
        forInside = ByteBuffer()
        forOutside = ByteBuffer()
        loop.closeSoon(outside)
        if inside >= 0 { loop.closeSoon(inside) }
        let failed = whenFailed
        whenFailed = nil
        whenSecured = nil
        failed?()
    }
}
