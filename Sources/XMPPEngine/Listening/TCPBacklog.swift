/// What a TCP peer has not taken yet.
///
/// Guarded by its event loop.
final class TCPBacklog {
    var state: OutputBacklog
    var unsent = UnsentOutput()
    /// A write has failed: what it was to send is not among what the channel says waits.
    var isRefused = false
    /// Whose output it is once the stream has ended.
    var owner: (any ByteStreamOwner)?

    /// Begins with so many bytes that wait.
    init(waiting bytes: Int) { state = OutputBacklog(waiting: bytes) }
}
