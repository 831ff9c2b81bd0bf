import NIOCore
import XMPPCore
import XMPPEngine

/// The stream towards a polling client: what waits, and what it may not have got yet.
///
/// A polling client cannot repeat a request, so an answer is in doubt until its next request.
struct PollOutput {
    private var waiting = ByteBuffer()
    private var inDoubt = ByteBuffer()

    var isEmpty: Bool { waiting.readableBytes == 0 }

    var bytes: Int { waiting.readableBytes + inDoubt.readableBytes }

    mutating func write(_ body: (inout ByteBuffer) -> Void) { body(&waiting) }

    /// Takes what the next answer carries.
    mutating func take() -> [UInt8] {
        inDoubt = waiting
        waiting = ByteBuffer()
        return Array(inDoubt.readableBytesView)
    }

    /// The client has gone on: it has the last answer.
    mutating func confirmed() { inDoubt = ByteBuffer() }

    /// The last answer did not go out whole: the next one begins with it.
    mutating func lost() {
        guard inDoubt.readableBytes > 0 else { return }
        var bytes = inDoubt
        bytes.writeBuffer(&waiting)
        waiting = bytes
        inDoubt = ByteBuffer()
    }

    /// All that the client may not have got.
    var undelivered: [UInt8] {
        Array(inDoubt.readableBytesView) + Array(waiting.readableBytesView)
    }
}
