import CMicroHTTPD
import Glibc

/// Keeps a refused connection open a little, so that the client reads the answer.
///
/// Closing a socket with unread input resets it, and the reset can overtake the answer (RFC 9112
/// §9.6). What the client still sends is read and dropped, up to a limit and for a short time.
private final class Lingering: LoopWatch {
    private static let bytesMax = 4 << 20
    private let descriptor: Int32
    private unowned let loop: HTTPLoop
    private var dropped = 0
    private var timer: HTTPTimer?

    init(descriptor: Int32, loop: HTTPLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    func start() {
        shutdown(descriptor, Int32(SHUT_WR))
        do {
            try loop.watch(descriptor, for: .input, self)
        } catch {
            close(descriptor)
            return
        }
        loop.lingeringCount += 1
        timer = loop.schedule(after: .seconds(2)) { [self] in end() }
    }

    func happened(_ events: UInt32) {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                dropped += count
                if dropped > Self.bytesMax { end() }
            } else if count == 0 || errno != EAGAIN {
                end()
            }
        }
    }

    private func end() {
        timer?.disarm()
        loop.lingeringCount -= 1
        loop.closeSoon(descriptor)
    }

    func ended() {
        close(descriptor)
    }
}

extension HTTPLoop {
    private static let lingeringMax = 256

    /// Lets a client whose body was refused read the answer before the connection closes.
    func linger(_ descriptor: Int32) {
        guard lingeringCount < Self.lingeringMax else { return }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return }
        Lingering(descriptor: copy, loop: self).start()
    }
}
