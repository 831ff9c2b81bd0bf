import NIOCore

/// The stream loops of a group of NIO event loops, one for each.
package final class StreamLoops: Sendable {
    private let loops: [ObjectIdentifier: StreamLoop]

    /// The loops; what happens on them counts in the statistics.
    package init(_ group: any EventLoopGroup, _ observatory: Observatory) {
        var loops: [ObjectIdentifier: StreamLoop] = [:]
        for eventLoop in group.makeIterator() {
            let loop = StreamLoop(driver: NIOLoopDriver(eventLoop))
            observatory.statistics.adopt(loop.counters)
            observatory.queues.register("loop \(loops.count)") { loop.mailboxLength }
            loops[ObjectIdentifier(eventLoop)] = loop
            eventLoop.execute { loop.adoptCurrentThread() }
        }
        self.loops = loops
    }

    /// The stream loop on an event loop of the group; a new one on any other.
    package func loop(on eventLoop: any EventLoop) -> StreamLoop {
        loops[ObjectIdentifier(eventLoop)] ?? StreamLoop(driver: NIOLoopDriver(eventLoop))
    }
}
