import NIOCore
import XMPPCore

/// The stream loops of a group of NIO event loops, one for each.
package final class StreamLoops: Sendable {
    private let loops: [ObjectIdentifier: StreamLoop]
    /// How long a loop may take to find out what its connections have left.
    private static let cutMax = Duration.seconds(2)

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

    /// How many connections there are.
    package var openCount: Int { loops.values.reduce(0) { $0 + $1.openStreams.count } }

    /// Ends every stream with an error and waits until the peers have closed, too.
    ///
    /// - Parameters:
    ///   - error: What each peer is told.
    ///   - grace: How long peers may take; connections that are left after it are cut, so that what
    ///     they have not taken is given back in time.
    package func shutDown(_ error: StreamError, within grace: Duration) async {
        let ticker = Ticker(ContinuousClock())
        let waits = loops.values.map { loop in
            let gone = OneShot<Bool>()
            loop.execute { loop.openStreams.shutDown(error) { gone.fulfil(true) } }
            return gone
        }
        for gone in waits {
            _ = await gone.value(within: max(.zero, grace - ticker.now), of: ticker)
        }
        for loop in loops.values {
            let cut = OneShot<Bool>()
            loop.execute {
                loop.openStreams.cutShort()
                cut.fulfil(true)
            }
            _ = await cut.value(within: Self.cutMax, of: ticker)
        }
    }

    /// The stream loop on an event loop of the group; a new one on any other.
    package func loop(on eventLoop: any EventLoop) -> StreamLoop {
        loops[ObjectIdentifier(eventLoop)] ?? StreamLoop(driver: NIOLoopDriver(eventLoop))
    }
}
