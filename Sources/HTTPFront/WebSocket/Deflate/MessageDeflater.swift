import CZlib
import NIOCore

/// Deflates messages, each on its own (RFC 7692 §7.2.1).
///
/// Guarded by its loop; between two messages it holds nothing of a connection.
final class MessageDeflater {
    /// Smaller messages do not get smaller.
    static let bytesMin = 256

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let isReady: Bool

    /// - Parameter windowBits: 9 to 15, as agreed on with the client.
    init(windowBits: Int) {
        stream.initialize(to: z_stream())
        // Little memory: its tables are cleared for every message.
        isReady = martlet_deflate_init(stream, 3, Int32(clamping: windowBits), 5) == Z_OK
    }

    deinit {
        if isReady { deflateEnd(stream) }
        stream.deallocate()
    }

    /// Deflates a message to the end of `output`.
    ///
    /// - Returns: False when it would not get smaller; then `output` may hold a part of it.
    func deflate(_ message: UnsafeRawBufferPointer, to output: inout ByteBuffer) -> Bool {
        guard isReady, deflateReset(stream) == Z_OK else { return false }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: message.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(clamping: message.count)
        var code = Z_OK
        var isDone = false
        let count = output.writeWithUnsafeMutableBytes(
            minimumWritableBytes: message.count
        ) { target in
            stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(clamping: message.count)
            code = CZlib.deflate(stream, Z_SYNC_FLUSH)
            isDone = stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
            return message.count - Int(stream.pointee.avail_out)
        }
        guard code == Z_OK, isDone, count > Self.tailBytes else { return false }
        // The receiver puts the empty block at the end back in.
        output.moveWriterIndex(to: output.writerIndex - Self.tailBytes)
        return true
    }

    private static let tailBytes = 4
}
