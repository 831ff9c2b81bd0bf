import Testing

@testable import XMPPEngine

@Suite("Supervisor · children that come and go", .timeLimit(.minutes(1)))
struct SupervisorChildrenTests {
    @Test("A child is added last, and stopped first")
    func add() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor(children: [stage.actor("a").spec()])
        await supervisor.start()
        #expect(try await supervisor.add(stage.actor("b").spec()) == .running)
        await supervisor.stop()
        #expect(stage.journal.value == ["start a", "start b", "stop b", "stop a"])
    }

    @Test("A child added before the start waits for it")
    func addBeforeStart() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor()
        #expect(try await supervisor.add(stage.actor("a").spec()) == .waiting)
        await supervisor.start()
        #expect(stage.journal.value == ["start a"])
        await supervisor.stop()
    }

    @Test("The caller learns that an added child cannot start yet")
    func addFailing() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor()
        await supervisor.start()
        let a = stage.actor("a")
        a.failStarts(["port taken"])
        #expect(try await supervisor.add(a.spec()) == .backingOff("port taken"))
        await supervisor.stop()
    }

    @Test("Two children of one name are refused")
    func duplicate() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor(children: [stage.actor("a").spec()])
        await supervisor.start()
        await #expect(throws: SupervisorError.duplicateChild("a")) {
            try await supervisor.add(stage.actor("a").spec())
        }
        await supervisor.stop()
    }

    @Test("No more children than the limit are taken")
    func tooMany() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor(.simpleOneForOne)
        for number in 0..<Supervisor.childrenMax {
            try await supervisor.add(.task("\(number)") {})
        }
        await #expect(throws: SupervisorError.tooManyChildren(limit: Supervisor.childrenMax)) {
            try await supervisor.add(.task("more") {})
        }
    }

    @Test("Unknown children are reported by every call")
    func unknown() async {
        let supervisor = Stage().supervisor()
        await supervisor.start()
        let unknown = SupervisorError.unknownChild("x")
        await #expect(throws: unknown) { try await supervisor.terminate("x") }
        await #expect(throws: unknown) { try await supervisor.remove("x") }
        await #expect(throws: unknown) { try await supervisor.restart("x") }
        await supervisor.stop()
        await #expect(throws: SupervisorError.notRunning) { try await supervisor.restart("x") }
    }

    @Test("A terminated child stays in the tree and can be started again")
    func terminate() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor(children: [stage.actor("a").spec()])
        await supervisor.start()
        try await supervisor.terminate("a")
        #expect(await supervisor.snapshot().children.map(\.state) == [.stopped])
        #expect(try await supervisor.restart("a") == .running)
        #expect(await supervisor.snapshot().children.map(\.restarts) == [0])
        #expect(stage.journal.value == ["start a", "stop a", "start a"])
        await supervisor.stop()
    }

    @Test("A removed child is stopped and forgotten, also while it backs off")
    func remove() async throws {
        let stage = Stage()
        let b = stage.actor("b")
        b.failStarts(["no"])
        let supervisor = stage.supervisor(children: [stage.actor("a").spec(), b.spec()])
        await supervisor.start()
        try await supervisor.remove("a")
        try await supervisor.remove("b")
        #expect(await supervisor.childIDs.isEmpty)
        await stage.clock.untilSomethingSleeps(for: .seconds(1))
        stage.clock.advance(by: .seconds(1))
        await supervisor.inTurn { _ in }
        #expect(stage.journal.value == ["start a", "start b", "stop a"])
        await supervisor.stop()
    }

    @Test("Terminating an elder that cannot start lets the younger start")
    func terminateHoldUp() async throws {
        let stage = Stage()
        let a = stage.actor("a")
        a.failStarts(["no"])
        let supervisor = stage.supervisor(
            .restForOne, children: [a.spec(), stage.actor("b").spec()])
        await supervisor.start()
        #expect(stage.journal.value == ["start a"])
        try await supervisor.terminate("a")
        #expect(await supervisor.snapshot().children.map(\.state) == [.stopped, .running])
        await supervisor.stop()
    }
}
