import NIOCore
import XMPPCore

/// Output that a peer has not taken, so that its stanzas can be given back when the stream ends.
///
/// Made of pieces, each with whole elements; they share memory with what waits in the channel.
struct UnsentOutput {
    private var pieces = CircularBuffer<ByteBuffer>()
    private var leftCount = 0

    /// Keeps the next piece.
    ///
    /// - Returns: Its number, for `left`.
    mutating func append(_ piece: ByteBuffer) -> Int {
        pieces.append(piece)
        return leftCount + pieces.count
    }

    /// That piece and those before it have left for the peer.
    mutating func left(_ number: Int) {
        while leftCount < number, pieces.popFirst() != nil { leftCount += 1 }
    }

    /// What is there still, in order.
    ///
    /// A piece that left in part counts as not sent.
    func stanzas(with parsers: ParserPool) -> [ParsedStanza] {
        pieces.flatMap { piece in
            piece.withUnsafeReadableBytes { Undelivered.stanzas(inStream: $0, with: parsers) }
        }
    }
}

/// What a TCP peer has not taken yet.
///
/// Guarded by its event loop.
final class TCPBacklog {
    var state: OutputBacklog
    var unsent = UnsentOutput()
    /// Whose output it is once the stream has ended.
    var owner: (any ByteStreamOwner)?

    /// Begins with so many bytes that wait.
    init(waiting bytes: Int) { state = OutputBacklog(waiting: bytes) }
}
