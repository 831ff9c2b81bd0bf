/// What a WebSocket client leaves unread, from the first byte that its connection did not take.
///
/// Guarded by the loop of its connection.
final class WebSocketBacklog {
    /// What a client that lets so many bytes wait has to say waits, too: answers would add to them.
    static let readingBytesMax = 64 << 10
    /// Bytes that may wait for a client before it is known who it is.
    static let unknownBytesMax = 64 << 10

    /// The newest ping that came meanwhile; those before it need no answer (RFC 6455 §5.5.3).
    var ping: [UInt8]?
    /// Asks for progress.
    var timer: HTTPTimer?
    private var untaken: Int
    private var messages = 0
    private var hasProgress = false
    private var isStalled = false

    /// Begins when so many bytes have left that the client has not taken.
    init(untaken: Int) { self.untaken = untaken }

    enum Progress: Equatable {
        case goesOn
        /// Nothing was taken since the last check.
        case stalled
        /// Again nothing, though the user was told.
        case hopeless
    }

    /// A message was added to what waits.
    func countMessage() { messages &+= 1 }

    /// The client took something.
    func took() { hasProgress = true }

    /// Asked in intervals; `untaken` bytes have left, and the client has not taken them.
    func check(untaken: Int) -> Progress {
        defer {
            hasProgress = false
            self.untaken = untaken
        }
        if hasProgress || untaken < self.untaken {
            isStalled = false
            return .goesOn
        }
        defer { isStalled = true }
        return isStalled ? .hopeless : .stalled
    }

    /// Whether more waits than may.
    func isTooMuch(_ bytes: Int, bytesMax: Int, messagesMax: Int) -> Bool {
        bytes > bytesMax || messages > messagesMax
    }
}
