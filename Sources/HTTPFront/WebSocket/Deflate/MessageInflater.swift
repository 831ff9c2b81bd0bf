import CZlib
import NIOCore

/// Inflates compressed messages, each on its own (RFC 7692 §7.2.2).
///
/// Guarded by its loop; between two messages it holds nothing of a connection.
final class MessageInflater {
    enum Outcome: Equatable {
        case inflated
        /// It would be larger than allowed: nothing more was inflated.
        case tooBig
        case malformed
    }

    private static let stepBytes = 8192
    /// What the sender has left out (RFC 7692 §7.2.1).
    private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let isReady: Bool

    init() {
        stream.initialize(to: z_stream())
        isReady = martlet_inflate_init(stream, 15) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deallocate()
    }

    /// Inflates a whole message to the end of `output`.
    func inflate(
        _ message: UnsafeRawBufferPointer, bytesMax: Int, to output: inout ByteBuffer
    ) -> Outcome {
        guard isReady, inflateReset(stream) == Z_OK else { return .malformed }
        let outcome = feed(message, bytesMax: bytesMax, to: &output)
        guard outcome == .inflated else { return outcome }
        return Self.tail.withUnsafeBytes { feed($0, bytesMax: bytesMax, to: &output) }
    }

    private func feed(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int, to output: inout ByteBuffer
    ) -> Outcome {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(clamping: bytes.count)
        while true {
            let code = step(&output)
            if output.readableBytes > bytesMax { return .tooBig }
            switch code {
            case Z_OK:
                if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { return .inflated }
            case Z_BUF_ERROR:
                // Nothing left to read, or to write.
                return stream.pointee.avail_in == 0 ? .inflated : .malformed
            case Z_STREAM_END:
                // A last block inside a message (RFC 7692 §7.2.3.5): what follows begins anew.
                guard stream.pointee.avail_in > 0 else {
                    return inflateReset(stream) == Z_OK ? .inflated : .malformed
                }
                guard inflateReset(stream) == Z_OK else { return .malformed }
            default:
                return .malformed
            }
        }
    }

    private func step(_ output: inout ByteBuffer) -> Int32 {
        var code = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.stepBytes) { target in
            stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(clamping: target.count)
            code = CZlib.inflate(stream, Z_SYNC_FLUSH)
            return target.count - Int(stream.pointee.avail_out)
        }
        return code
    }
}
