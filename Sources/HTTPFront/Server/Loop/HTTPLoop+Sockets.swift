import CMicroHTTPD
import Glibc
import NIOCore

/// Reading and writing of sockets that are not libmicrohttpd's.
extension HTTPLoop {
    enum Reception {
        /// They are in `relayBuffer`.
        case bytes
        case nothingYet
        case end
        case failed
    }

    /// Reads once into the loop's own buffer; with `isLeft` the bytes stay in the socket, too.
    func receive(on descriptor: Int32, bytesMax: Int, isLeft: Bool = false) -> Reception {
        relayBuffer.clear()
        var failure: Int32 = 0
        let flags = Int32(MSG_DONTWAIT) | (isLeft ? Int32(MSG_PEEK) : 0)
        let count = relayBuffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytesMax) {
            let count = recv(descriptor, $0.baseAddress, bytesMax, flags)
            if count < 0 { failure = errno }
            return max(0, count)
        }
        if count > 0 { return .bytes }
        if failure == 0 { return .end }
        return failure == EAGAIN || failure == EINTR ? .nothingYet : .failed
    }

    /// Sends from the front of a buffer what the socket takes; false when it takes no more, ever.
    func send(_ bytes: inout ByteBuffer, on descriptor: Int32) -> Bool {
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        while bytes.readableBytes > 0 {
            let count = bytes.withUnsafeReadableBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, flags)
            }
            guard count > 0 else { return errno == EAGAIN || errno == EINTR }
            bytes.moveReaderIndex(forwardBy: count)
        }
        bytes = ByteBuffer()
        return true
    }
}
