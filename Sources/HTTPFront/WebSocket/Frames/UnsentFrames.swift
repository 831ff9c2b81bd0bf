import NIOCore

/// Finds the messages in what was written for a connection that has not taken it.
///
/// The frames are our own: unmasked, and a message each. A buffer begins with a frame; what has
/// left stays in front of its reader index, so that the frame that is half sent can be told.
enum UnsentFrames {
    struct Message: Equatable {
        var payload: ByteBuffer
        var isCompressed: Bool
    }

    private struct Frame {
        var start: Int
        var payload: Range<Int>
        /// The first byte: flags and opcode (RFC 6455 §5.2).
        var head: UInt8

        var isText: Bool { head & 0x0F == FrameWriter.Opcode.text.rawValue }
        var isCompressed: Bool { head & 0x40 != 0 }
    }

    /// Bytes that may have left before they are forgotten.
    private static let sentBytesMax = 1 << 20

    /// The text messages that have not left whole, in order.
    static func messages(in output: ByteBuffer) -> [Message] {
        guard output.readableBytes > 0 else { return [] }
        let (all, unsent) = frames(in: output)
        return unsent.filter(\.isText).compactMap { frame in
            all.getSlice(at: frame.payload.lowerBound, length: frame.payload.count)
                .map { Message(payload: $0, isCompressed: frame.isCompressed) }
        }
    }

    /// Gives up the memory of what has left, once it is much.
    static func forgetSent(in output: inout ByteBuffer) {
        guard output.readerIndex > sentBytesMax, output.readerIndex > output.readableBytes,
            let first = frames(in: output, countMax: 1).unsent.first
        else { return }
        let sent = output.readerIndex - first.start
        output.moveReaderIndex(to: first.start)
        var rest = ByteBufferAllocator().buffer(capacity: output.readableBytes)
        rest.writeBuffer(&output)
        rest.moveReaderIndex(forwardBy: sent)
        output = rest
    }

    /// The whole buffer, and its frames that have not left whole.
    private static func frames(
        in output: ByteBuffer, countMax: Int = .max
    ) -> (all: ByteBuffer, unsent: [Frame]) {
        var all = output
        all.moveReaderIndex(to: 0)
        var unsent: [Frame] = []
        var start = 0
        while unsent.count < countMax, let frame = frame(in: all, at: start) {
            if frame.payload.upperBound > output.readerIndex { unsent.append(frame) }
            start = frame.payload.upperBound
        }
        return (all, unsent)
    }

    private static func frame(in all: ByteBuffer, at start: Int) -> Frame? {
        guard let head: UInt8 = all.getInteger(at: start),
            let short: UInt8 = all.getInteger(at: start + 1)
        else { return nil }
        let length: Int
        let from: Int
        switch short & 0x7F {
        case 126:
            guard let long: UInt16 = all.getInteger(at: start + 2) else { return nil }
            length = Int(long)
            from = start + 4
        case 127:
            guard let long: UInt64 = all.getInteger(at: start + 2) else { return nil }
            length = Int(clamping: long)
            from = start + 10
        default:
            length = Int(short & 0x7F)
            from = start + 2
        }
        guard length <= all.writerIndex - from else { return nil }
        return Frame(start: start, payload: from..<(from + length), head: head)
    }
}
