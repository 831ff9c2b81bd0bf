import CMicroHTTPD
import Glibc
import NIOCore
import XMPPEngine

/// Reads the PROXY header of an accepted socket, and not a byte of what follows it.
///
/// Guarded by its loop. A connection whose header is malformed, too long or too late is closed.
final class ProxyArrival: LoopWatch {
    /// How long the header may take.
    static let timeout = Duration.seconds(10)

    private static let headerBytesMax = 16 + 4096

    private let descriptor: Int32
    private let loop: HTTPLoop
    private var header = ByteBuffer()
    private var timer: HTTPTimer?
    private let done: (Result<ProxyProtocol.Header, ProxyProtocol.Failure>) -> Void

    /// Begins to read; calls `done` once, which owns the socket again.
    init(
        _ descriptor: Int32, loop: HTTPLoop,
        done: @escaping (Result<ProxyProtocol.Header, ProxyProtocol.Failure>) -> Void
    ) {
        self.descriptor = descriptor
        self.loop = loop
        self.done = done
        do {
            try loop.watch(descriptor, for: .input, self)
        } catch {
            done(.failure(.ended))
            return
        }
        timer = loop.schedule(after: Self.timeout) { [weak self] in
            self?.finish(.failure(.timedOut))
        }
    }

    func happened(_ events: UInt32) {
        switch peek() {
        case .bytes: parse()
        case .nothingYet: break
        case .end, .failed: finish(.failure(.ended))
        }
    }

    func ended() {
        finish(.failure(.ended))
    }

    private func peek() -> HTTPLoop.Reception {
        loop.receive(on: descriptor, bytesMax: Self.headerBytesMax, isLeft: true)
    }

    private func parse() {
        let known = header.readableBytes
        var bytes = header
        bytes.writeImmutableBuffer(loop.relayBuffer)
        let count = bytes.readableBytes
        do throws(ProxyProtocol.Failure) {
            guard let found = try ProxyProtocol().read(&bytes) else {
                // All of it belongs to the header.
                take(count - known)
                header = bytes
                return
            }
            take(count - bytes.readableBytes - known)
            finish(.success(found))
        } catch {
            finish(.failure(error))
        }
    }

    private func take(_ count: Int) {
        _ = loop.receive(on: descriptor, bytesMax: count)
    }

    private func finish(_ result: Result<ProxyProtocol.Header, ProxyProtocol.Failure>) {
        guard let timer else { return }
        timer.disarm()
        self.timer = nil
        loop.unwatch(descriptor)
        done(result)
    }
}
