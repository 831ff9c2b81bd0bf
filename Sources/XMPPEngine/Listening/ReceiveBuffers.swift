import NIOCore

/// Receive buffers that are gone after each read: an idle channel keeps 64 bytes.
///
/// NIO's pool keeps the first buffer of a channel for good, so that one is small; later ones
/// grow with what comes and are given up at once. It takes `maxMessagesPerRead` of 1: with
/// more, the pool would keep the later ones, too.
struct ReceiveBuffers: RecvByteBufferAllocator {
    private static let firstBytes = 64
    private static let bytesMin = 2 << 10
    private static let bytesMax = 32 << 10

    private var bytes = firstBytes

    mutating func record(actualReadBytes: Int) -> Bool {
        if actualReadBytes >= bytes {
            bytes = min(max(bytes * 4, Self.bytesMin), Self.bytesMax)
        } else if actualReadBytes < bytes / 4 {
            bytes = max(bytes / 2, Self.bytesMin)
        }
        return true  // "may grow": take a new buffer for the next read
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: bytes)
    }
}
