import NIOCore

/// What the WebSocket connections of a loop share, so that an idle one holds nothing of it.
///
/// Guarded by its loop.
final class WebSocketTools: KeptByLoop {
    private static let idleReadersMax = 8
    private static let keptBytesMax = 64 << 10
    /// Bytes of one read.
    private static let readBytes = 64 << 10

    private var readers: [FrameReader] = []
    private lazy var writer = FrameWriter()
    private lazy var inflater = MessageInflater()
    private var deflaters: [Int: MessageDeflater] = [:]
    private var message = ByteBuffer()
    private var packed = ByteBuffer()
    /// Where reads go; used up before the next one.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: readBytes, alignment: 16)
    /// Connections of this loop.
    var count = 0

    init() {}

    deinit {
        readBuffer.deallocate()
    }

    // MARK: reading

    func takeReader() -> FrameReader { readers.popLast() ?? FrameReader() }

    /// Keeps a reader for the next connection, if nothing of a frame is inside.
    func give(_ reader: FrameReader) {
        guard reader.isClean, readers.count < Self.idleReadersMax else { return }
        readers.append(reader)
    }

    /// Inflates a message and lends the result.
    func withInflated(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int,
        _ body: (MessageInflater.Outcome, UnsafeRawBufferPointer) -> Void
    ) {
        var inflated = packed
        packed = ByteBuffer()
        inflated.clear()
        let outcome = inflater.inflate(bytes, bytesMax: bytesMax, to: &inflated)
        inflated.withUnsafeReadableBytes { body(outcome, $0) }
        packed = Self.trimmed(inflated)
    }

    // MARK: writing

    /// Writes a message as one frame, compressed if agreed on and worth it.
    func writeMessage(
        _ opcode: FrameWriter.Opcode, _ deflate: DeflateTerms?, to output: inout ByteBuffer,
        _ body: (inout ByteBuffer) -> Void
    ) {
        var text = message
        message = ByteBuffer()
        text.clear()
        body(&text)
        if !writeDeflated(opcode, text, deflate, to: &output) {
            text.withUnsafeReadableBytes { writer.write(opcode, $0, to: &output) }
        }
        message = Self.trimmed(text)
    }

    private func writeDeflated(
        _ opcode: FrameWriter.Opcode, _ text: ByteBuffer, _ deflate: DeflateTerms?,
        to output: inout ByteBuffer
    ) -> Bool {
        guard let deflate, text.readableBytes >= MessageDeflater.bytesMin else { return false }
        packed.clear()
        let isSmaller = text.withUnsafeReadableBytes {
            deflater(deflate.serverWindowBits).deflate($0, to: &packed)
        }
        guard isSmaller else { return false }
        packed.withUnsafeReadableBytes {
            writer.write(opcode, $0, isCompressed: true, to: &output)
        }
        packed = Self.trimmed(packed)
        return true
    }

    func writeControl(
        _ opcode: FrameWriter.Opcode, _ payload: [UInt8], to output: inout ByteBuffer
    ) {
        payload.withUnsafeBytes { writer.write(opcode, $0, to: &output) }
    }

    private func deflater(_ windowBits: Int) -> MessageDeflater {
        if let known = deflaters[windowBits] { return known }
        let made = MessageDeflater(windowBits: windowBits)
        deflaters[windowBits] = made
        return made
    }

    private static func trimmed(_ buffer: ByteBuffer) -> ByteBuffer {
        buffer.capacity > keptBytesMax ? ByteBuffer() : buffer
    }
}
