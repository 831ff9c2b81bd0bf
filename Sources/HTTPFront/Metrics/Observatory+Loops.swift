import XMPPEngine

extension Observatory {
    /// Counts an HTTP loop in, once or again.
    func watch(_ loop: HTTPLoop) {
        statistics.adopt(loop.streams.counters)
        queues.register(loop.name) { [weak loop] in loop?.streams.mailboxLength ?? 0 }
    }

    /// Lets go of a loop that has ended; what it counted stays counted.
    func forget(_ loop: HTTPLoop) {
        queues.unregister(loop.name)
        statistics.retire(loop.streams.counters)
    }
}
