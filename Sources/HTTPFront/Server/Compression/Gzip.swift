import CZlib

/// Compressed bodies (RFC 1952).
enum Gzip {
    /// Least work: answers are compressed while others wait.
    private static let level: Int32 = 1
    /// Window of 8 KiB, and 16 added for the header and checksum of gzip.
    private static let outgoingWindow: Int32 = 13 + 16
    private static let incomingWindow: Int32 = 15 + 16

    /// Compresses an answer; `nil` when there is no memory for it.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        // The shim takes the window's size with its sign turned.
        guard martlet_deflate_init(&stream, level, -outgoingWindow, 5) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let sizeMax = Int(deflateBound(&stream, UInt(bytes.count)))
        var input = bytes
        var code = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: sizeMax) { output, count in
            code = input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: sizeMax)
                return deflate(&stream, Z_FINISH)
            }
            count = sizeMax - Int(stream.avail_out)
        }
        return code == Z_STREAM_END ? output : nil
    }

    /// Whether a body begins as gzip does, and XML never.
    static func isMarked(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
    }

    /// Reads a request; `nil` when it is broken, or longer than `bytesMax`.
    static func decompress(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) -> [UInt8]? {
        var stream = z_stream()
        guard martlet_inflate_init(&stream, -incomingWindow) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        guard let input = bytes.bindMemory(to: UInt8.self).baseAddress else { return nil }
        stream.next_in = UnsafeMutablePointer(mutating: input)
        stream.avail_in = UInt32(clamping: bytes.count)
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let code = chunk.withUnsafeMutableBufferPointer { chunk in
                stream.next_out = chunk.baseAddress
                stream.avail_out = UInt32(clamping: chunk.count)
                return inflate(&stream, Z_NO_FLUSH)
            }
            let count = chunk.count - Int(stream.avail_out)
            guard code == Z_OK || code == Z_STREAM_END, output.count + count <= bytesMax else {
                return nil
            }
            output += chunk[..<count]
            if code == Z_STREAM_END { return stream.avail_in == 0 ? output : nil }
            if count == 0, stream.avail_in == 0 { return nil }
        }
    }
}
