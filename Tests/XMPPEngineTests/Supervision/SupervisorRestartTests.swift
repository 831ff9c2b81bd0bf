import Testing

@testable import XMPPEngine

@Suite("Supervisor · restarts", .timeLimit(.minutes(1)))
struct SupervisorRestartTests {
    struct Row: CustomTestStringConvertible {
        let strategy: RestartStrategy
        let type: RestartType
        let exit: ChildExit
        /// What is done to the children after the middle one of three ended.
        let then: [String]
        var testDescription: String { "\(strategy) \(type) \(exit)" }
    }

    static let rows: [Row] = {
        let onRestart: [(RestartStrategy, [String])] = [
            (.oneForOne, ["start b"]), (.simpleOneForOne, ["start b"]),
            (.oneForAll, ["stop c", "stop a", "start a", "start b", "start c"]),
            (.restForOne, ["stop c", "start b", "start c"]),
        ]
        let restarting: [(RestartType, ChildExit, Bool)] = [
            (.permanent, .normal, true), (.permanent, .shutdown, true),
            (.permanent, .failed("x"), true), (.transient, .normal, false),
            (.transient, .shutdown, false), (.transient, .failed("x"), true),
            (.temporary, .normal, false), (.temporary, .shutdown, false),
            (.temporary, .failed("x"), false),
        ]
        return onRestart.flatMap { strategy, steps in
            restarting.map { type, exit, isRestarted in
                Row(strategy: strategy, type: type, exit: exit, then: isRestarted ? steps : [])
            }
        }
    }()

    @Test("Strategy, restart type and exit decide who is stopped and started", arguments: rows)
    func table(row: Row) async throws {
        let stage = Stage()
        let b = stage.actor("b")
        let supervisor = stage.supervisor(
            row.strategy,
            children: [
                stage.actor("a").spec(), b.spec(row.type), stage.actor("c").spec(),
            ])
        await supervisor.start()
        #expect(stage.journal.value == ["start a", "start b", "start c"])
        b.end(row.exit)
        let restarts = !row.then.isEmpty
        await stage.settle(
            supervisor, after: .ended(child: "b", row.exit, restarts: restarts))
        #expect(Array(stage.journal.value.dropFirst(3)) == row.then)

        let children = await supervisor.snapshot().children
        let middle = children.first { $0.name == "b" }
        switch row.type {
        case .temporary: #expect(middle == nil)
        case .permanent, .transient:
            #expect(middle?.state == (restarts ? .running : .terminated))
            #expect(middle?.restarts == (restarts ? 1 : 0))
        }
        for name in ["a", "c"] {
            #expect(children.first { $0.name == name }?.state == .running)
            #expect(children.first { $0.name == name }?.restarts == 0)
        }
        await supervisor.stop()
    }

    @Test("A temporary sibling that goes down with another is not started again")
    func temporarySibling() async {
        let stage = Stage()
        let a = stage.actor("a")
        let supervisor = stage.supervisor(
            .oneForAll, children: [a.spec(), stage.actor("b").spec(.temporary)])
        await supervisor.start()
        a.end(.failed("x"))
        await stage.settle(supervisor, after: .ended(child: "a", .failed("x"), restarts: true))
        #expect(stage.journal.value == ["start a", "start b", "stop b", "start a"])
        #expect(await supervisor.childIDs == ["a"])
        await supervisor.stop()
    }

    @Test("A child stopped on request stays stopped when its siblings are restarted")
    func stoppedSibling() async throws {
        let stage = Stage()
        let a = stage.actor("a")
        let supervisor = stage.supervisor(
            .oneForAll, children: [a.spec(), stage.actor("b").spec()])
        await supervisor.start()
        try await supervisor.terminate("b")
        a.end(.failed("x"))
        await stage.settle(supervisor, after: .ended(child: "a", .failed("x"), restarts: true))
        #expect(stage.journal.value == ["start a", "start b", "stop b", "start a"])
        await supervisor.stop()
    }

    @Test("One restart too many stops the children and fails the supervisor")
    func overflow() async throws {
        let stage = Stage()
        let a = stage.actor("a")
        let supervisor = stage.supervisor(
            intensity: RestartIntensity(restarts: 2, period: .seconds(10)),
            children: [a.spec(), stage.actor("b").spec()])
        await supervisor.start()
        for round in 1...3 {
            a.end(.failed("x\(round)"))
            await stage.settle(
                supervisor, after: .ended(child: "a", .failed("x\(round)"), restarts: true))
        }
        #expect(
            stage.journal.value == ["start a", "start b", "start a", "start a", "stop b"])
        await #expect(throws: SupervisorError.gaveUp("a: x3")) {
            try await supervisor.untilEnded()
        }
        #expect(stage.events.value.contains(.gaveUp(child: "a", error: "a: x3")))
        let tree = await supervisor.snapshot()
        #expect(tree.state == .terminated)
        #expect(tree.error == "a: x3")
        await #expect(throws: SupervisorError.notRunning) {
            try await supervisor.add(stage.actor("c").spec())
        }
    }

    @Test("Restarts spread over more than the period are borne")
    func spread() async {
        let stage = Stage()
        let a = stage.actor("a")
        let supervisor = stage.supervisor(
            intensity: RestartIntensity(restarts: 1, period: .seconds(10)), children: [a.spec()])
        await supervisor.start()
        for round in 1...5 {
            a.end(.failed("x\(round)"))
            await stage.settle(
                supervisor, after: .ended(child: "a", .failed("x\(round)"), restarts: true))
            stage.clock.advance(by: .seconds(10))
        }
        let tree = await supervisor.snapshot()
        #expect(tree.state == .running)
        #expect(tree.children.first?.restarts == 5)
        #expect(tree.children.first?.error == "x5")
        await supervisor.stop()
    }

    @Test("A supervisor that gave up is restarted by its parent, with its children")
    func escalation() async {
        let stage = Stage()
        let a = stage.actor("a")
        let below = stage.supervisor(
            name: "below", intensity: RestartIntensity(restarts: 0, period: .seconds(1)),
            children: [a.spec()])
        let root = stage.supervisor(
            children: [stage.actor("first").spec(), .supervisor(below)])
        await root.start()
        a.end(.failed("x"))
        await stage.settle(
            root,
            after: .ended(child: "below", .failed("too many restarts: a: x"), restarts: true))
        #expect(stage.journal.value == ["start first", "start a", "start a"])
        let tree = await root.snapshot()
        #expect(tree.children.map(\.state) == [.running, .running])
        #expect(tree.children.map(\.restarts) == [0, 1])
        #expect(tree.children[1].strategy == .oneForOne)
        #expect(tree.children[1].children.map(\.state) == [.running])
        await root.stop()
        #expect(stage.journal.value.suffix(2) == ["stop a", "stop first"])
    }

    @Test("Uptime counts from the last start")
    func uptime() async {
        let stage = Stage()
        let a = stage.actor("a")
        let supervisor = stage.supervisor(children: [a.spec()])
        await supervisor.start()
        stage.clock.advance(by: .seconds(7))
        #expect(await supervisor.snapshot().children.first?.uptime == .seconds(7))
        a.end(.normal)
        await stage.settle(supervisor, after: .ended(child: "a", .normal, restarts: true))
        stage.clock.advance(by: .seconds(2))
        let tree = await supervisor.snapshot()
        #expect(tree.uptime == .seconds(9))
        #expect(tree.children.first?.uptime == .seconds(2))
        await supervisor.stop()
        #expect(await supervisor.snapshot().children.first?.uptime == nil)
    }
}
