import NIOCore
import XMPPCore

/// Output that a peer has not taken, so that its stanzas can be given back when the stream ends.
///
/// Made of pieces, each with whole elements; they share memory with what waits in the channel.
struct UnsentOutput {
    private var pieces = CircularBuffer<ByteBuffer>()
    private var leftCount = 0
    /// Bytes of all pieces that are there.
    private var keptBytes = 0
    /// How many of the first piece have left.
    private var leftBytes = 0

    /// Keeps the next piece.
    ///
    /// - Returns: Its number, for `left`.
    mutating func append(_ piece: ByteBuffer) -> Int {
        pieces.append(piece)
        keptBytes += piece.readableBytes
        return leftCount + pieces.count
    }

    /// That piece and those before it have left for the peer.
    mutating func left(_ number: Int) {
        while leftCount < number, dropFirst() {}
    }

    /// No more than so many of the last bytes have yet to leave.
    mutating func waits(_ bytes: Int) {
        var left = keptBytes - max(bytes, 0)
        guard left > leftBytes else { return }
        while let first = pieces.first, first.readableBytes <= left {
            left -= first.readableBytes
            _ = dropFirst()
        }
        leftBytes = left
    }

    private mutating func dropFirst() -> Bool {
        guard let first = pieces.popFirst() else { return false }
        leftCount += 1
        keptBytes -= first.readableBytes
        leftBytes = 0
        return true
    }

    /// What is there still, in order.
    ///
    /// A stanza that left in part counts as not sent.
    func stanzas(with parsers: ParserPool) -> [ParsedStanza] {
        var stanzas: [ParsedStanza] = []
        for (index, piece) in pieces.enumerated() {
            let sent = index == 0 ? leftBytes : 0
            stanzas += piece.withUnsafeReadableBytes { bytes in
                Undelivered.stanzas(inStream: bytes, after: sent, with: parsers)
            }
        }
        return stanzas
    }
}
