import NIOCore

/// Plaintext written since the last flush; small writes are joined, so they share records.
struct TLSWaitingWrites {
    /// Writes above this are kept apart: copying them costs more than a record's head.
    private static let joinedBytesMax = 16 << 10

    private var buffers: [ByteBuffer] = []
    private var promise: EventLoopPromise<Void>?
    private(set) var bytes = 0
    /// A flush came while they could not be encrypted.
    var isFlushed = false

    mutating func append(_ buffer: ByteBuffer, _ newPromise: EventLoopPromise<Void>?) {
        bytes += buffer.readableBytes
        if let last = buffers.indices.last,
            buffers[last].readableBytes + buffer.readableBytes <= Self.joinedBytesMax
        {
            buffers[last].writeImmutableBuffer(buffer)
        } else {
            buffers.append(buffer)
        }
        guard let newPromise else { return }
        if let promise {
            promise.futureResult.cascade(to: newPromise)
        } else {
            promise = newPromise
        }
    }

    /// Everything that waits, and the promise for all of it; `nil` when nothing does.
    mutating func take() -> (buffers: [ByteBuffer], promise: EventLoopPromise<Void>?)? {
        guard !buffers.isEmpty else { return nil }
        defer { self = TLSWaitingWrites() }
        return (buffers, promise)
    }
}
