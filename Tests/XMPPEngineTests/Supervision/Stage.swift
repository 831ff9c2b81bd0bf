import Synchronization

@testable import XMPPEngine

/// A supervisor, its children and all that happens to them.
final class Stage: Sendable {
    /// What a child's own code was asked to do, in order.
    let journal = Observed<[String]>([])
    let events = Observed<[SupervisionEvent]>([])
    let clock = ManualClock()

    var report: Supervisor.Report {
        { [events] _, event in events.update { $0.append(event) } }
    }

    func supervisor(
        _ strategy: RestartStrategy = .oneForOne, name: String = "root",
        intensity: RestartIntensity = RestartIntensity(restarts: 3, period: .seconds(10)),
        streams: (@Sendable () -> Int)? = nil, children: [ChildSpec] = []
    ) -> Supervisor {
        Supervisor(
            name, strategy: strategy, intensity: intensity, clock: clock, streams: streams,
            report: report, children: children)
    }

    func actor(_ name: String) -> Actor { Actor(name, journal) }

    func starts(of name: String) -> Int { journal.value.filter { $0 == "start \(name)" }.count }

    /// Waits until the event was reported, then until the turn that reported it is over.
    func settle(_ supervisor: Supervisor, after event: SupervisionEvent) async {
        await events.until { $0.contains(event) }
        await supervisor.inTurn { _ in }
    }
}

/// A child that does what the test tells it to.
final class Actor: Sendable {
    enum Manner: Sendable {
        case obedient
        /// Its stop never returns, and cancelling it has no effect.
        case deaf
    }

    private struct Script: Sendable {
        var startErrors: [String] = []
        var end = OneShot<ChildExit>()
        var gate: OneShot<Bool>?
        var manner = Manner.obedient
    }

    let name: String
    private let journal: Observed<[String]>
    private let script = Mutex(Script())
    private let release = OneShot<Bool>()

    init(_ name: String, _ journal: Observed<[String]>) {
        self.name = name
        self.journal = journal
    }

    func spec(
        _ restart: RestartType = .permanent, grace: Duration? = .seconds(5)
    ) -> ChildSpec {
        ChildSpec(name, restart: restart, grace: grace) { [self] in
            note("start")
            if let gate = script.withLock({ $0.gate }) { _ = await gate.value() }
            try failStart()
            let end = OneShot<ChildExit>()
            script.withLock { $0.end = end }
            return RunningChild(
                run: { try await self.run(until: end) },
                stop: {
                    self.note("stop")
                    if self.isDeaf { _ = await self.release.value() }
                    end.fulfil(.shutdown)
                })
        }
    }

    /// The next starts fail with these errors.
    func failStarts(_ errors: [String]) { script.withLock { $0.startErrors = errors } }

    /// Starts hang until the gate opens.
    func hangStart() -> OneShot<Bool> {
        let gate = OneShot<Bool>()
        script.withLock { $0.gate = gate }
        return gate
    }

    func beDeaf() { script.withLock { $0.manner = .deaf } }
    func end(_ exit: ChildExit) { script.withLock { $0.end }.fulfil(exit) }
    func giveIn() { release.fulfil(true) }

    private var isDeaf: Bool { script.withLock { $0.manner == .deaf } }
    private func note(_ word: String) { journal.update { [name] in $0.append("\(word) \(name)") } }

    private func failStart() throws {
        let error = script.withLock { script -> String? in
            script.startErrors.isEmpty ? nil : script.startErrors.removeFirst()
        }
        if let error { throw Failure(text: error) }
    }

    private func run(until end: OneShot<ChildExit>) async throws {
        // Waiting for another task is not ended by cancelling this one.
        if isDeaf { return await Task.detached { _ = await self.release.value() }.value }
        switch await end.value() {
        case .normal: return
        case .shutdown, nil: throw CancellationError()
        case .failed(let text): throw Failure(text: text)
        }
    }
}

struct Failure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
