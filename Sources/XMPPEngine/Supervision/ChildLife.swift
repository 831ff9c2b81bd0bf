import Synchronization

/// One life of a child, from the call of its start until it has ended.
///
/// Guarded by a `Mutex`.
final class ChildLife: Sendable {
    /// What a life tells its supervisor, in this order, once each.
    enum Notice: Sendable {
        case started
        case cannotStart(String)
        case ended(ChildExit)
    }

    private enum Phase {
        case starting
        case running(RunningChild)
        case stopping
    }

    private struct State {
        var phase = Phase.starting
        var task: Task<Void, Never>?
    }

    /// Whether it came up; fulfilled before the first notice.
    private let started = OneShot<Notice>()
    private let ended = OneShot<ChildExit>()
    private let state = Mutex(State())

    init(_ spec: ChildSpec, notify: @escaping @Sendable (Notice) async -> Void) {
        let task = Task.detached { [self] in await live(spec.start, notify) }
        state.withLock { $0.task = task }
    }

    /// Waits for the start to succeed or fail; `nil` when it did neither in time.
    func startOutcome(within limit: Duration, of ticker: Ticker) async -> Notice? {
        await started.value(within: limit, of: ticker)
    }

    /// Asks the child to stop and waits for its end.
    ///
    /// - Returns: `false` when it did not end in time; it is cancelled and left to itself.
    func stop(within grace: Duration?, of ticker: Ticker) async -> Bool {
        let child = state.withLock { state -> RunningChild? in
            defer { state.phase = .stopping }
            guard case .running(let child) = state.phase else { return nil }
            return child
        }
        guard ended.current == nil else { return true }
        let stopping = Task.detached { [self] in
            await child?.stop()
            cancel()
        }
        if await ended.value(within: grace, of: ticker) != nil { return true }
        stopping.cancel()
        cancel()
        return false
    }

    private func cancel() { state.withLock { $0.task }?.cancel() }

    private func live(
        _ start: ChildSpec.Start, _ notify: @Sendable (Notice) async -> Void
    ) async {
        let child: RunningChild
        do {
            child = try await start()
        } catch {
            let text = String(describing: error)
            ended.fulfil(.failed(text))
            started.fulfil(.cannotStart(text))
            await notify(.cannotStart(text))
            return
        }
        guard isWanted(child) else {
            await child.stop()
            ended.fulfil(.shutdown)
            return
        }
        started.fulfil(.started)
        await notify(.started)
        let exit = await Self.exit(of: child)
        ended.fulfil(exit)
        await notify(.ended(exit))
    }

    /// Enters the running phase, unless a stop was asked for during the start.
    private func isWanted(_ child: RunningChild) -> Bool {
        state.withLock { state in
            guard case .starting = state.phase else { return false }
            state.phase = .running(child)
            return true
        }
    }

    private static func exit(of child: RunningChild) async -> ChildExit {
        do {
            try await child.run()
            return Task.isCancelled ? .shutdown : .normal
        } catch is CancellationError {
            return .shutdown
        } catch {
            return .failed(String(describing: error))
        }
    }
}
