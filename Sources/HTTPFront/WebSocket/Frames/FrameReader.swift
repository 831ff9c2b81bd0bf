import CWSlay

/// A part of a frame, unmasked.
struct FramePiece {
    /// RFC 6455 §5.2.
    enum Opcode: Equatable {
        case continuation, text, binary, close, ping, pong
        case reserved

        init(_ bits: UInt8) {
            switch bits {
            case 0: self = .continuation
            case 1: self = .text
            case 2: self = .binary
            case 8: self = .close
            case 9: self = .ping
            case 10: self = .pong
            default: self = .reserved
            }
        }

        var isControl: Bool { self == .close || self == .ping || self == .pong }
    }

    var opcode: Opcode
    /// Whether the frame ends its message.
    var isFinal = true
    /// RSV1: the message is compressed (RFC 7692 §6).
    var isCompressed = false
    /// RSV2 or RSV3, which nothing gives a meaning.
    var hasReservedBits = false
    var isMasked = true
    /// Of the whole frame.
    var payloadLength: UInt64
    /// Whether the piece begins, and whether it ends its frame.
    var isFirst = true
    var isLast = true
    /// Valid until the reader is asked for the next piece.
    var bytes: UnsafeRawBufferPointer
}

/// Takes frames apart with libwslay; holds what a read cut off.
///
/// Guarded by its loop. Once all it was given is used up, another connection may use it.
final class FrameReader {
    enum Next {
        case piece(FramePiece)
        case needsMore
        /// A control frame that is long or fragmented, a length not in its shortest form
        /// (RFC 6455 §5.2, §5.5). Nothing can be read any more.
        case violation
    }

    private var context: OpaquePointer?
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Bytes taken from `input` that belong to no piece yet.
    private var heldBytes: UInt64 = 0
    private var frameOffset: UInt64 = 0

    init() {
        var callbacks = wslay_frame_callbacks()
        callbacks.recv_callback = { target, space, _, reader in
            guard let target, let reader else { return 0 }
            return Unmanaged<FrameReader>.fromOpaque(reader).takeUnretainedValue()
                .fill(UnsafeMutableRawBufferPointer(start: target, count: space))
        }
        let code = wslay_frame_context_init(
            &context, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        if code != 0 { context = nil }
    }

    deinit {
        if let context { wslay_frame_context_free(context) }
    }

    /// Whether nothing of a frame is inside.
    var isClean: Bool { heldBytes == 0 && frameOffset == 0 && context != nil }

    /// Gives the reader bytes; they must stay until `takeRest`.
    func lend(_ bytes: UnsafeRawBufferPointer) {
        input = bytes
    }

    /// Takes back what was not touched.
    func takeRest() -> UnsafeRawBufferPointer {
        defer { input = UnsafeRawBufferPointer(start: nil, count: 0) }
        return input
    }

    private func fill(_ target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, input.count)
        guard count > 0 else { return 0 }
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        heldBytes += UInt64(count)
        return count
    }

    /// Reads on.
    func next() -> Next {
        guard let context else { return .violation }
        var frame = wslay_frame_iocb()
        let count = wslay_frame_recv(context, &frame)
        guard count >= 0 else {
            return count == Int(WSLAY_ERR_WANT_READ.rawValue) ? .needsMore : .violation
        }
        let isFirst = frameOffset == 0
        frameOffset += UInt64(count)
        let isLast = frameOffset >= frame.payload_length
        if isFirst { release(Self.headerBytes(of: frame)) }
        release(UInt64(count))
        if isLast { frameOffset = 0 }
        return .piece(
            FramePiece(
                opcode: FramePiece.Opcode(frame.opcode), isFinal: frame.fin != 0,
                isCompressed: frame.rsv & 4 != 0, hasReservedBits: frame.rsv & 3 != 0,
                isMasked: frame.mask != 0, payloadLength: frame.payload_length,
                isFirst: isFirst, isLast: isLast,
                bytes: UnsafeRawBufferPointer(start: frame.data, count: frame.data_length)))
    }

    private func release(_ bytes: UInt64) {
        heldBytes = heldBytes > bytes ? heldBytes - bytes : 0
    }

    /// RFC 6455 §5.2; libwslay has checked that the length is in its shortest form.
    private static func headerBytes(of frame: wslay_frame_iocb) -> UInt64 {
        let length: UInt64 = frame.payload_length < 126 ? 0 : frame.payload_length < 65536 ? 2 : 8
        return 2 + length + (frame.mask != 0 ? 4 : 0)
    }
}
