import Testing

@testable import XMPPEngine

@Suite("Supervisor · stops", .timeLimit(.minutes(1)))
struct SupervisorStopTests {
    @Test("Children stop in reverse order, nested ones in their place")
    func order() async {
        let stage = Stage()
        let below = stage.supervisor(
            name: "below", children: [stage.actor("b1").spec(), stage.actor("b2").spec()])
        let supervisor = stage.supervisor(
            children: [stage.actor("a").spec(), .supervisor(below), stage.actor("c").spec()])
        await supervisor.start()
        await supervisor.stop()
        #expect(
            stage.journal.value == [
                "start a", "start b1", "start b2", "start c", "stop c", "stop b2", "stop b1",
                "stop a",
            ])
        let tree = await supervisor.snapshot()
        #expect(tree.state == .stopped)
        #expect(tree.children.allSatisfy { $0.state == .stopped })
    }

    @Test("A child that does not stop is abandoned after its grace time, the others still stop")
    func grace() async {
        let stage = Stage()
        let b = stage.actor("b")
        b.beDeaf()
        let supervisor = stage.supervisor(
            children: [stage.actor("a").spec(), b.spec(grace: .seconds(3))])
        await supervisor.start()
        async let stop: Void = supervisor.stop()
        await stage.clock.untilSomethingSleeps(for: .seconds(3))
        #expect(await supervisor.snapshot().children.map(\.state) == [.running, .stopping])
        stage.clock.advance(by: .seconds(3))
        await stop
        #expect(
            stage.events.value.suffix(2) == [.abandoned(child: "b"), .stopped(child: "a")])
        b.giveIn()
    }

    @Test("A child that ends after it was abandoned changes nothing")
    func lateEnd() async throws {
        let stage = Stage()
        let a = stage.actor("a")
        a.beDeaf()
        let supervisor = stage.supervisor(children: [a.spec(grace: .seconds(1))])
        await supervisor.start()
        async let restart = supervisor.restart("a")
        await stage.clock.untilSomethingSleeps(for: .seconds(1))
        stage.clock.advance(by: .seconds(1))
        #expect(try await restart == .running)
        a.giveIn()
        await supervisor.inTurn { _ in }
        #expect(await supervisor.snapshot().children[0].state != .backingOff(""))
        await supervisor.stop()
        #expect(await supervisor.snapshot().state == .stopped)
    }

    @Test("Without a grace time the supervisor waits as long as it takes")
    func noGrace() async {
        let stage = Stage()
        let a = stage.actor("a")
        a.beDeaf()
        let supervisor = stage.supervisor(children: [a.spec(grace: nil)])
        await supervisor.start()
        async let stop: Void = supervisor.stop()
        await stage.journal.until { $0.contains("stop a") }
        stage.clock.advance(by: .seconds(100_000))
        #expect(await supervisor.snapshot().children[0].state == .stopping)
        a.giveIn()
        await stop
        #expect(stage.events.value.last == .stopped(child: "a"))
    }

    @Test("Children without an order are stopped all at once")
    func simpleOneForOne() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor(.simpleOneForOne)
        await supervisor.start()
        let actors = (1...5).map { stage.actor("s\($0)") }
        for actor in actors {
            actor.beDeaf()
            try await supervisor.add(actor.spec(.temporary))
        }
        async let stop: Void = supervisor.stop()
        await stage.journal.until { $0.filter { $0.hasPrefix("stop") }.count == 5 }
        for actor in actors { actor.giveIn() }
        await stop
        #expect(await supervisor.childIDs.isEmpty)
    }

    @Test("A loop child is stopped by cancelling it")
    func loop() async {
        let stage = Stage()
        let supervisor = stage.supervisor(
            children: [
                .task("loop") { [clock = stage.clock] in
                    while true { try await clock.sleep(for: .seconds(60)) }
                }
            ])
        await supervisor.start()
        await stage.clock.untilSomethingSleeps(for: .seconds(60))
        await supervisor.stop()
        #expect(stage.events.value == [.started(child: "loop"), .stopped(child: "loop")])
    }

    @Test("A stop before the start ends the supervisor")
    func stopBeforeStart() async throws {
        let stage = Stage()
        let supervisor = stage.supervisor(children: [stage.actor("a").spec()])
        await supervisor.stop()
        try await supervisor.untilEnded()
        #expect(stage.journal.value.isEmpty)
    }

    @Test("A stopped supervisor can be started again")
    func again() async {
        let stage = Stage()
        let supervisor = stage.supervisor(children: [stage.actor("a").spec()])
        await supervisor.start()
        await supervisor.stop()
        await supervisor.start()
        #expect(stage.journal.value == ["start a", "stop a", "start a"])
        #expect(await supervisor.snapshot().state == .running)
        await supervisor.stop()
    }
}
