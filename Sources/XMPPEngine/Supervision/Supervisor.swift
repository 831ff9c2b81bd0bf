/// Starts children in order, restarts those that fail and stops them in reverse order.
///
/// The rules are those of OTP supervisors, with one addition: a child that cannot start is
/// retried with growing pauses, which does not count against the restart intensity. All changes
/// happen in turns, one after another, so a restart is never interleaved with a stop. Guarded by
/// being an actor.
package actor Supervisor {
    /// Tells the log what happened: the supervisor's name and the event.
    package typealias Report = @Sendable (String, SupervisionEvent) -> Void
    typealias Turn = @Sendable (isolated Supervisor) async -> Void

    enum Phase: Equatable { case idle, running, stopping, ended(ChildExit) }

    struct Child {
        let spec: ChildSpec
        /// Place in the order of start.
        let place: Int
        var state = ChildState.waiting
        var life: ChildLife?
        /// Tells the notices of this life from those of an earlier one.
        var generation = 0
        var restarts = 0
        var failedStarts = 0
        var startedAt: Duration?
        var error: String?
    }

    /// How many children a supervisor may have.
    static let childrenMax = 10_000

    package nonisolated let name: String
    package nonisolated let strategy: RestartStrategy
    let backOff: BackOff
    let startWait: Duration
    let ticker: Ticker
    let report: Report
    private let countStreams: (@Sendable () -> Int)?

    var phase = Phase.idle
    var children: [String: Child] = [:]
    var window: RestartWindow
    var isStopWanted = false
    var startedAt: Duration?
    private var places = 0
    private var generations = 0
    private var turns: [Turn] = []
    private var isTakingTurns = false
    private var end = OneShot<ChildExit>()

    /// Children start in the order given; of those with one id the first counts.
    ///
    /// `startWait` is how long the start of one child may hold up the next. `streams` counts what
    /// the supervisor stands for without having a child for each.
    package init(
        _ name: String, strategy: RestartStrategy = .oneForOne,
        intensity: RestartIntensity = .usual, backOff: BackOff = .usual,
        startWait: Duration = .seconds(10), clock: some Clock<Duration> = ContinuousClock(),
        streams: (@Sendable () -> Int)? = nil,
        report: @escaping Report = { _, _ in }, children specs: [ChildSpec] = []
    ) {
        self.name = name
        self.strategy = strategy
        self.backOff = backOff
        self.startWait = startWait
        ticker = Ticker(clock)
        self.report = report
        countStreams = streams
        window = RestartWindow(intensity)
        for spec in specs where children[spec.id] == nil {
            places += 1
            children[spec.id] = Child(spec: spec, place: places)
        }
    }

    /// Starts the children in order; returns when each is up, backs off or waits for an elder.
    ///
    /// May be called again after the supervisor ended: all children it still has start anew.
    package func start() async {
        isStopWanted = false
        await inTurn { supervisor in await supervisor.startNow() }
    }

    /// Stops the children in reverse order of their start; returns when all have stopped or were
    /// abandoned.
    package func stop() async {
        isStopWanted = true
        await inTurn { supervisor in await supervisor.endNow(.shutdown) }
    }

    /// Waits until the supervisor has ended.
    ///
    /// - Throws: `SupervisorError.gaveUp` when it restarted too often.
    package func untilEnded() async throws {
        switch await end.value() {
        case .failed(let text): throw SupervisorError.gaveUp(text)
        case .normal, .shutdown, nil: return
        }
    }

    private func startNow() async {
        guard !isStopWanted, phase != .running else { return }
        if case .ended = phase { end = OneShot() }
        window.clear()
        phase = .running
        startedAt = ticker.now
        for id in children.keys { children[id]?.state = .waiting }
        await startWaiting()
    }

    func endNow(_ exit: ChildExit) async {
        guard phase == .running || phase == .idle else { return }
        phase = .stopping
        await stopChildren(order().map(\.spec.id), then: .stopped)
        // Children that came and went by themselves do not come back with the supervisor.
        if strategy == .simpleOneForOne { children = [:] }
        phase = .ended(exit)
        startedAt = nil
        end.fulfil(exit)
    }

    /// How many streams there are; `nil` for a supervisor of other things.
    nonisolated var streams: Int? { countStreams?() }

    func order() -> [Child] { children.values.sorted { $0.place < $1.place } }

    func nextPlace() -> Int {
        places += 1
        return places
    }

    func nextGeneration() -> Int {
        generations += 1
        return generations
    }

    /// Runs after all turns asked for earlier, and hands back what it returned.
    func inTurn<Answer: Sendable>(
        _ body: @escaping @Sendable (isolated Supervisor) async -> Answer
    ) async -> Answer {
        await withCheckedContinuation { continuation in
            enqueue { supervisor in continuation.resume(returning: await body(supervisor)) }
        }
    }

    func enqueue(_ turn: @escaping Turn) {
        turns.append(turn)
        guard !isTakingTurns else { return }
        isTakingTurns = true
        Task { await takeTurns() }
    }

    private func takeTurns() async {
        while !turns.isEmpty { await turns.removeFirst()(self) }
        isTakingTurns = false
    }
}
