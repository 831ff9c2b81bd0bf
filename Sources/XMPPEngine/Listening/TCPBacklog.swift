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
