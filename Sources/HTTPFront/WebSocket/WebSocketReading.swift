import NIOCore
import XMPPCore

/// Reads what a client sends as a connection does, without a connection: for bytes made up to do
/// harm.
package enum WebSocketReading {
    /// Frames, messages, compression and XML, up to the first failure.
    ///
    /// - Parameters:
    ///   - bytes: What comes after the handshake.
    ///   - isDeflateAgreed: Whether messages may be compressed.
    ///   - pieceBytes: How many bytes come at once, at least 1.
    ///   - limits: Of the stream.
    /// - Returns: How many messages were a stanza, a header or another element.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, isDeflateAgreed: Bool, pieceBytes: Int = 4096,
        limits: StreamLimits = .beforeLogin
    ) -> Int {
        var reading = Reading(
            input: WebSocketInput(mayBeCompressed: isDeflateAgreed), limits: limits)
        let reader = FrameReader()
        var start = 0
        while start < bytes.count, !reading.hasFailed {
            let end = min(bytes.count, start + max(1, pieceBytes))
            reader.lend(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end
            frames: while !reading.hasFailed {
                switch reader.next() {
                case .needsMore: break frames
                case .violation: reading.hasFailed = true
                case .piece(let piece): reading.take(piece)
                }
            }
            _ = reader.takeRest()
        }
        return reading.elements
    }

    private struct Reading {
        var input: WebSocketInput
        let limits: StreamLimits
        let parsers = ParserPool()
        let inflater = MessageInflater()
        var stream = FramedStream()
        var elements = 0
        var hasFailed = false

        mutating func take(_ piece: FramePiece) {
            let bytesMax = limits.stanzaBytesMax + FramedMessage.declarationBytesMax
            switch input.take(piece, bytesMax: bytesMax) {
            case .goOn, .pong, .ping: break
            case .fail, .close: hasFailed = true
            case .message(let kind):
                var message = input.takeKept()
                message.writeBytes(piece.bytes)
                guard kind.isCompressed else { return read(message) }
                var inflated = ByteBuffer()
                let outcome = message.withUnsafeReadableBytes {
                    inflater.inflate($0, bytesMax: bytesMax, to: &inflated)
                }
                guard outcome == .inflated else { return hasFailed = true }
                read(inflated)
            }
        }

        private mutating func read(_ message: ByteBuffer) {
            let item = message.withUnsafeReadableBytes { text in
                UTF8Check.isText(text)
                    ? FramedMessage.read(text, with: parsers, limits: limits)
                    : .failure(StreamError(.unsupportedEncoding))
            }
            guard case .success(let item) = item else { return hasFailed = true }
            if case .fail = stream.received(item) { return hasFailed = true }
            elements += 1
        }
    }
}
