import ControlProtocol
import Synchronization
import XMPPStorage

/// What happens in the server, told to watchers as it happens.
///
/// A watcher that comes back says which event it saw last and gets what it missed, as far as the
/// feed keeps events. Alarms and sessions are always kept, presence only while somebody watches it
/// and for a minute after. A `Mutex` guards ring and watchers; asking `isWanted` takes no lock.
package final class EventFeed: Sendable {
    private struct State {
        var nextID: Int
        /// The id of the last event that the ring has lost, or never had.
        var lostID: Int
        var ring: [ServerEvent] = []
        var subscriptions: [EventSubscription] = []
        /// Until when kinds without watchers are still kept.
        var lingering: [ServerEvent.Kind: Timestamp] = [:]
    }

    /// What a new watcher begins with.
    package struct Subscribed: Sendable {
        package let subscription: EventSubscription
        /// Whether nothing was lost between the event it saw last and now.
        package let isComplete: Bool
        /// The id of the last event there was; the next has a greater one.
        package let lastID: Int
    }

    /// Most watchers at one time.
    package static let subscriptionsMax = 256
    private static let always: Set<ServerEvent.Kind> = [.alarm, .session]
    private static let lingerTime = Duration.seconds(60)

    private let capacity: Int
    private let now: @Sendable () -> Timestamp
    /// A bit a kind, in the order of `Kind.allCases`.
    private let wanted: Atomic<UInt8>
    private let state: Mutex<State>

    /// A feed that keeps the last so many events.
    package init(
        capacity: Int = 1000, now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.capacity = max(1, capacity)
        self.now = now
        wanted = Atomic(Self.bits(Self.always))
        // A server that starts again goes on above the ids of its last life: at most a million
        // events a second.
        let first = Int(clamping: now().milliseconds) &* 1000
        state = Mutex(State(nextID: first + 1, lostID: first))
    }

    private static func bits(_ kinds: Set<ServerEvent.Kind>) -> UInt8 {
        var bits: UInt8 = 0
        for (index, kind) in ServerEvent.Kind.allCases.enumerated() where kinds.contains(kind) {
            bits |= 1 << UInt8(index)
        }
        return bits
    }

    /// Whether events of a kind go anywhere; ask before making their fields.
    package func isWanted(_ kind: ServerEvent.Kind) -> Bool {
        wanted.load(ordering: .relaxed) & Self.bits([kind]) != 0
    }

    /// Publishes an event; `fields` are not made when nobody wants them.
    package func publish(
        _ kind: ServerEvent.Kind, _ name: String,
        _ fields: @autoclosure () -> [JSONValue.Member] = []
    ) {
        guard isWanted(kind) else { return }
        let fields = fields()
        let time = now()
        let woken = state.withLock { state -> [EventSubscription] in
            guard stillWanted(kind, time, &state) else { return [] }
            let event = ServerEvent(
                id: state.nextID, time: time, kind: kind, name: name, fields: fields)
            state.nextID += 1
            state.ring.append(event)
            if state.ring.count > capacity {
                // Dropped in large pieces: each costs a move of the whole ring.
                let count = state.ring.count - capacity + capacity / 8
                state.lostID = state.ring[count - 1].id
                state.ring.removeFirst(count)
            }
            return Self.offer([event], to: state.subscriptions.filter { $0.kinds.contains(kind) }) {
                dropped in state.subscriptions.removeAll { $0 === dropped }
            }
        }
        for subscription in woken { subscription.wake() }
    }

    private static func offer(
        _ events: [ServerEvent], to subscriptions: [EventSubscription],
        drop: (EventSubscription) -> Void
    ) -> [EventSubscription] {
        subscriptions.filter { subscription in
            switch subscription.offer(events) {
            case .taken: return false
            case .mustWake: return true
            case .dropped:
                drop(subscription)
                return true
            }
        }
    }

    /// Stops keeping a kind that nobody has watched for a while.
    private func stillWanted(
        _ kind: ServerEvent.Kind, _ time: Timestamp, _ state: inout State
    ) -> Bool {
        if Self.always.contains(kind) { return true }
        if state.subscriptions.contains(where: { $0.kinds.contains(kind) }) { return true }
        if let end = state.lingering[kind], time <= end { return true }
        state.lingering[kind] = nil
        let kinds = state.subscriptions.reduce(into: Self.always) { $0.formUnion($1.kinds) }
            .union(state.lingering.keys)
        wanted.store(Self.bits(kinds), ordering: .relaxed)
        // What comes from now on is lost to those who come back.
        state.lostID = state.nextID - 1
        state.ring.removeAll { $0.kind == kind }
        return false
    }

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - kinds: What to be told of.
    ///   - lastID: The last event the watcher saw (`Last-Event-ID`): it gets the later ones that
    ///     are kept. `nil` begins with what happens next.
    ///   - waitingMax: Events that may wait for the watcher before it is dropped as too slow.
    ///   - execute: Where to call it, such as its event loop.
    ///   - notify: Called there; must not wait.
    /// - Returns: `nil` when there are too many watchers.
    package func subscribe(
        to kinds: Set<ServerEvent.Kind>, after lastID: Int? = nil, waitingMax: Int = 1024,
        execute: @escaping EventSubscription.Execute,
        notify: @escaping @Sendable (EventSubscription.Notice) -> Void
    ) -> Subscribed? {
        let subscription = EventSubscription(
            kinds: kinds, waitingMax: max(waitingMax, capacity), execute: execute, notify: notify)
        let made = state.withLock { state -> (Subscribed, EventSubscription.Offer)? in
            guard state.subscriptions.count < Self.subscriptionsMax else { return nil }
            let missed = lastID.map { last in
                state.ring.filter { $0.id > last && kinds.contains($0.kind) }
            }
            // An id from before this life, or one that no event had yet, tells nothing.
            let isComplete = lastID.map { $0 >= state.lostID && $0 < state.nextID } ?? true
            let notKept = kinds.filter { !isWanted($0) }
            state.subscriptions.append(subscription)
            let bits = wanted.load(ordering: .relaxed) | Self.bits(kinds)
            wanted.store(bits, ordering: .relaxed)
            let offer = subscription.offer(missed ?? [])
            return (
                Subscribed(
                    subscription: subscription,
                    isComplete: isComplete && (lastID == nil || notKept.isEmpty),
                    lastID: state.nextID - 1),
                offer
            )
        }
        guard let (subscribed, offer) = made else { return nil }
        if case .mustWake = offer { subscription.wake() }
        return subscribed
    }

    /// Ends a watch; nothing is called after this, but for what runs already.
    package func unsubscribe(_ subscription: EventSubscription) {
        subscription.end()
        let end = now().advanced(by: Self.lingerTime)
        state.withLock { state in
            state.subscriptions.removeAll { $0 === subscription }
            for kind in subscription.kinds where !Self.always.contains(kind) {
                state.lingering[kind] = end
            }
        }
    }

    /// The kept events of some kinds, oldest first; the newest so many.
    package func recent(_ kinds: Set<ServerEvent.Kind>, last: Int = 100) -> [ServerEvent] {
        state.withLock { state in
            state.ring.filter { kinds.contains($0.kind) }.suffix(max(0, last))
        }
    }
}
