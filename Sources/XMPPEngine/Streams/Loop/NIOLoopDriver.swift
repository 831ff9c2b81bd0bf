import NIOCore

/// Runs a stream loop on a NIO event loop.
package struct NIOLoopDriver: LoopDriver {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    package func wake(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

    package func atEndOfTurn(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

    package func schedule(
        afterMilliseconds delay: Int, _ work: @escaping @Sendable () -> Void
    ) {
        eventLoop.scheduleTask(in: .milliseconds(Int64(delay)), work)
    }
}
