import Synchronization

/// One watcher of an `EventFeed`.
///
/// A `Mutex` guards what waits; the callbacks run where `execute` brings them, one after another
/// as far as `execute` keeps order.
package final class EventSubscription: Sendable {
    /// Runs work where the watcher wants to be called: `loop.execute`.
    package typealias Execute = @Sendable (@escaping @Sendable () -> Void) -> Void

    /// What a watcher is told.
    package enum Notice: Sendable {
        /// At least one event, oldest first.
        case events([ServerEvent])
        /// It was too slow: events were lost, nothing more comes.
        case dropped
    }

    private struct State {
        var waiting: [ServerEvent] = []
        var isScheduled = false
        var isOver = false
        var isDropped = false
    }

    let kinds: Set<ServerEvent.Kind>
    private let waitingMax: Int
    private let execute: Execute
    private let notify: @Sendable (Notice) -> Void
    private let state = Mutex(State())

    init(
        kinds: Set<ServerEvent.Kind>, waitingMax: Int, execute: @escaping Execute,
        notify: @escaping @Sendable (Notice) -> Void
    ) {
        self.kinds = kinds
        self.waitingMax = max(1, waitingMax)
        self.execute = execute
        self.notify = notify
    }

    /// What became of an offer.
    enum Offer { case taken, mustWake, dropped }

    /// Puts events behind those that wait; never calls out.
    func offer(_ events: [ServerEvent]) -> Offer {
        state.withLock { state in
            guard !state.isOver, !events.isEmpty else { return .taken }
            if state.waiting.count + events.count > waitingMax {
                state.waiting = []
                state.isOver = true
                state.isDropped = true
                return .dropped
            }
            state.waiting += events
            guard !state.isScheduled else { return .taken }
            state.isScheduled = true
            return .mustWake
        }
    }

    func wake() { execute { self.drain() } }

    private func drain() {
        let notice = state.withLock { state -> Notice? in
            state.isScheduled = false
            if state.isDropped {
                state.isDropped = false
                return .dropped
            }
            guard !state.isOver, !state.waiting.isEmpty else { return nil }
            defer { state.waiting = [] }
            return .events(state.waiting)
        }
        if let notice { notify(notice) }
    }

    func end() {
        state.withLock { state in
            state.isOver = true
            state.isDropped = false
            state.waiting = []
        }
    }
}
