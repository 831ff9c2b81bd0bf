import Glibc
import NIOCore

/// What an answer carries.
package enum ResponseBody {
    case empty
    case bytes([UInt8])
    /// UTF-8 text.
    case text(String)
    /// Sent from the buffer's own memory when it is large.
    case buffer(ByteBuffer)
    /// Sent by sendfile(2) where the connection allows it.
    case file(FileRegion)
    /// Bytes that come bit by bit, chunked; the writer's end is the same object.
    case stream(BodyStream)
}

/// A part of an open file; the answer it is given to closes the descriptor.
package struct FileRegion {
    package let descriptor: Int32
    package let offset: UInt64
    package let count: UInt64

    package init(descriptor: Int32, offset: UInt64, count: UInt64) {
        self.descriptor = descriptor
        self.offset = offset
        self.count = count
    }

    func close() {
        Glibc.close(descriptor)
    }
}

/// The body of an answer that is written bit by bit, such as server-sent events.
///
/// Guarded by its exchange's loop. What the client has not taken yet waits here, up to a limit.
package final class BodyStream {
    enum Reading {
        case bytes(Int)
        case nothingYet
        case end
        case gone
    }

    private enum State {
        case open
        case finished
        case gone
    }

    /// Bytes that may wait for the client.
    package let waitingBytesMax: Int
    /// Called when all that was written is on its way to the client.
    package var onDrain: (() -> Void)?
    /// The exchange lets go of it when it ends.
    var exchange: Exchange?
    private var waiting: [UInt8] = []
    private var readOffset = 0
    private var state = State.open

    package init(waitingBytesMax: Int = 65_536) {
        self.waitingBytesMax = waitingBytesMax
    }

    /// Queues bytes for the client.
    ///
    /// - Returns: False, and nothing is queued, when the client is gone, the stream is finished, or
    ///   more would wait than `waitingBytesMax`.
    @discardableResult
    package func write(_ bytes: some Collection<UInt8>) -> Bool {
        guard case .open = state, waitingBytes + bytes.count <= waitingBytesMax else {
            return false
        }
        waiting.append(contentsOf: bytes)
        wake()
        return true
    }

    /// Ends the body after what was written.
    package func finish() {
        guard case .open = state else { return }
        state = .finished
        wake()
    }

    /// Bytes written that the client has not taken.
    package var waitingBytes: Int { waiting.count - readOffset }

    func cut() {
        state = .gone
        waiting = []
        readOffset = 0
        onDrain = nil
    }

    private func wake() {
        guard let exchange, exchange.isSuspended else { return }
        exchange.wake()
    }

    func read(into target: UnsafeMutableRawBufferPointer) -> Reading {
        if waitingBytes == 0 {
            switch state {
            case .open: return .nothingYet
            case .finished: return .end
            case .gone: return .gone
            }
        }
        let count = min(target.count, waitingBytes)
        waiting.withUnsafeBytes { bytes in
            target.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[readOffset..<readOffset + count]))
        }
        readOffset += count
        if waitingBytes == 0 {
            waiting.removeAll(keepingCapacity: true)
            readOffset = 0
            onDrain?()
        }
        return .bytes(count)
    }
}
