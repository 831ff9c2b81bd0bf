import Synchronization

/// The handlers that want to be asked at one point of the way of a stanza, in phases.
///
/// A `Mutex` guards the list; asking copies a reference under it.
package final class HookPoint<Callback: Sendable>: Sendable {
    private struct Entry: Sendable {
        let owner: String
        let phase: HookPhase
        let handler: Callback
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var handlers: [Callback] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The handlers in the order of their phases, then of their attachment.
    package var handlers: [Callback] { state.withLock { $0.handlers } }

    /// - Parameters:
    ///   - owner: Name of the module; `detach` removes by it.
    ///   - phase: When to run among the others.
    ///   - handler: Called on the loop of the stanza's origin; must not block.
    package func attach(_ owner: String, _ phase: HookPhase, _ handler: Callback) {
        state.withLock { state in
            let entry = Entry(owner: owner, phase: phase, handler: handler)
            let index = state.entries.firstIndex { $0.phase > phase } ?? state.entries.count
            state.entries.insert(entry, at: index)
            state.handlers = state.entries.map(\.handler)
        }
    }

    package func detach(_ owner: String) {
        state.withLock { state in
            state.entries.removeAll { $0.owner == owner }
            state.handlers = state.entries.map(\.handler)
        }
    }
}

/// When a hook runs, in the order of the cases.
package enum HookPhase: Int, Comparable, Sendable, CaseIterable {
    case screen, stamp, archive, copy, deliver

    package static func < (left: HookPhase, right: HookPhase) -> Bool {
        left.rawValue < right.rawValue
    }
}
