import Synchronization
import XMPPCore

/// A connection that must be told before its loop ends.
package protocol OpenStream: AnyObject {
    /// Ends the stream with an error that the peer is told, however far the stream has come.
    func shutDown(_ error: StreamError)
    /// Ends the connection without waiting for the peer; what it has not taken is given back.
    func cutShort()
}

/// The connections of one loop, from their first byte to the end of the socket.
///
/// Guarded by its loop, but for the count.
package final class OpenStreams {
    private var streams: [ObjectIdentifier: any OpenStream] = [:]
    private var whenGone: [@Sendable () -> Void] = []

    private let total = Atomic(0)

    package init() {}

    /// How many there are; on whatever thread.
    package var count: Int { total.load(ordering: .relaxed) }

    package func add(_ stream: any OpenStream) {
        streams[ObjectIdentifier(stream)] = stream
        total.store(streams.count, ordering: .relaxed)
    }

    package func remove(_ stream: any OpenStream) {
        streams[ObjectIdentifier(stream)] = nil
        total.store(streams.count, ordering: .relaxed)
        if streams.isEmpty { tell() }
    }

    /// Ends all streams; `whenGone` is called once the last connection is closed.
    package func shutDown(_ error: StreamError, whenGone: @escaping @Sendable () -> Void) {
        self.whenGone.append(whenGone)
        for stream in Array(streams.values) { stream.shutDown(error) }
        if streams.isEmpty { tell() }
    }

    /// Ends the connections that are left, whatever their peers have yet to take.
    package func cutShort() {
        for stream in Array(streams.values) { stream.cutShort() }
    }

    private func tell() {
        let waiting = whenGone
        whenGone = []
        for gone in waiting { gone() }
    }
}
