import CWSlay
import NIOCore

/// Writes frames of a server, unmasked, with libwslay.
///
/// Guarded by its loop; between two frames it holds nothing.
final class FrameWriter {
    enum Opcode: UInt8 {
        case text = 1, binary = 2, close = 8, ping = 9, pong = 10
    }

    private var context: OpaquePointer?
    private var output = ByteBuffer()

    init() {
        var callbacks = wslay_frame_callbacks()
        callbacks.send_callback = { bytes, count, _, context in
            guard let bytes, let context else { return -1 }
            let writer = Unmanaged<FrameWriter>.fromOpaque(context).takeUnretainedValue()
            writer.output.writeBytes(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }
        let code = wslay_frame_context_init(
            &context, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        if code != 0 { context = nil }
    }

    deinit {
        if let context { wslay_frame_context_free(context) }
    }

    /// Appends one frame that is a whole message; a control frame's payload is 125 bytes at most.
    func write(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, isCompressed: Bool = false,
        to buffer: inout ByteBuffer
    ) {
        guard let context else { return }
        var frame = wslay_frame_iocb()
        frame.fin = 1
        frame.rsv = isCompressed ? 4 : 0
        frame.opcode = opcode.rawValue
        frame.payload_length = UInt64(payload.count)
        frame.data = payload.bindMemory(to: UInt8.self).baseAddress
        frame.data_length = payload.count
        swap(&output, &buffer)
        _ = wslay_frame_send(context, &frame)
        swap(&output, &buffer)
    }
}
