import Testing

@testable import XMPPEngine

@Suite("Supervisor · starts", .timeLimit(.minutes(1)))
struct SupervisorStartTests {
    @Test("A child that cannot start is retried with growing pauses while the rest serves")
    func backOff() async {
        let stage = Stage()
        let a = stage.actor("a")
        a.failStarts(["port taken", "port taken", "port taken"])
        let supervisor = stage.supervisor(
            intensity: RestartIntensity(restarts: 0, period: .seconds(100)),
            children: [a.spec(), stage.actor("b").spec()])
        await supervisor.start()
        #expect(
            await supervisor.snapshot().children.map(\.state)
                == [.backingOff("port taken"), .running])
        for (retries, pause) in [(1, 1), (2, 2), (3, 4)] {
            await stage.clock.untilSomethingSleeps(for: .seconds(pause))
            let event = SupervisionEvent.cannotStart(
                child: "a", error: "port taken", retryIn: .seconds(pause))
            #expect(stage.events.value.contains(event))
            stage.clock.advance(by: .seconds(pause) - .nanoseconds(1))
            await supervisor.inTurn { _ in }
            #expect(stage.starts(of: "a") == retries)
            stage.clock.advance(by: .nanoseconds(1))
            await stage.journal.until { $0.filter { $0 == "start a" }.count == retries + 1 }
            await supervisor.inTurn { _ in }
        }
        let child = await supervisor.snapshot().children[0]
        #expect(child.state == .running)
        #expect(child.restarts == 0)
        #expect(child.error == "port taken")
        await supervisor.stop()
    }

    @Test("The pauses begin anew after a successful start")
    func pausesBeginAnew() async {
        let stage = Stage()
        let a = stage.actor("a")
        a.failStarts(["1", "2"])
        let supervisor = stage.supervisor(children: [a.spec()])
        await supervisor.start()
        for pause in [1, 2] {
            await stage.clock.untilSomethingSleeps(for: .seconds(pause))
            stage.clock.advance(by: .seconds(pause))
        }
        await stage.settle(supervisor, after: .started(child: "a"))
        a.failStarts(["3"])
        a.end(.failed("x"))
        await stage.settle(
            supervisor, after: .cannotStart(child: "a", error: "3", retryIn: .seconds(1)))
        #expect(await supervisor.snapshot().children[0].state == .backingOff("3"))
        await supervisor.stop()
        #expect(await supervisor.snapshot().children[0].state == .stopped)
    }

    @Test("A child that never starts never stops the others and its pauses are bounded")
    func neverStarts() async {
        let stage = Stage()
        let a = stage.actor("a")
        a.failStarts(Array(repeating: "no", count: 20))
        let supervisor = stage.supervisor(children: [a.spec(), stage.actor("b").spec()])
        await supervisor.start()
        for failures in 1...10 {
            let pause = BackOff.usual.delay(afterFailures: failures)
            await stage.clock.untilSomethingSleeps(for: pause)
            stage.clock.advance(by: pause)
            await stage.journal.until { $0.filter { $0 == "start a" }.count == failures + 1 }
        }
        #expect(await supervisor.snapshot().children[1].state == .running)
        #expect(await supervisor.snapshot().state == .running)
        await supervisor.stop()
    }

    @Test("A temporary child that cannot start is forgotten")
    func temporary() async {
        let stage = Stage()
        let a = stage.actor("a")
        a.failStarts(["no", "no"])
        let supervisor = stage.supervisor(children: [a.spec(.temporary)])
        await supervisor.start()
        #expect(stage.events.value == [.cannotStart(child: "a", error: "no", retryIn: nil)])
        #expect(await supervisor.childIDs.isEmpty)
        await #expect(throws: SupervisorError.cannotStart("a could not start")) {
            try await supervisor.add(a.spec(.temporary))
        }
        await supervisor.stop()
    }

    @Test(
        "Where younger depend on elder children they wait for one that cannot start",
        arguments: [RestartStrategy.restForOne, .oneForAll])
    func inStep(strategy: RestartStrategy) async {
        let stage = Stage()
        let b = stage.actor("b")
        b.failStarts(["no"])
        let supervisor = stage.supervisor(
            strategy, children: [stage.actor("a").spec(), b.spec(), stage.actor("c").spec()])
        await supervisor.start()
        #expect(
            await supervisor.snapshot().children.map(\.state)
                == [.running, .backingOff("no"), .waiting])
        await stage.clock.untilSomethingSleeps(for: .seconds(1))
        stage.clock.advance(by: .seconds(1))
        await stage.settle(supervisor, after: .started(child: "c"))
        #expect(stage.journal.value == ["start a", "start b", "start b", "start c"])
        await supervisor.stop()
    }

    @Test("A start that hangs holds up the others for a while only")
    func hangingStart() async {
        let stage = Stage()
        let a = stage.actor("a")
        let gate = a.hangStart()
        let supervisor = stage.supervisor(children: [a.spec(), stage.actor("b").spec()])
        async let start: Void = supervisor.start()
        await stage.clock.untilSomethingSleeps(for: .seconds(10))
        #expect(stage.journal.value == ["start a"])
        stage.clock.advance(by: .seconds(10))
        await start
        #expect(await supervisor.snapshot().children.map(\.state) == [.starting, .running])
        gate.fulfil(true)
        await stage.settle(supervisor, after: .started(child: "a"))
        #expect(await supervisor.snapshot().children.map(\.state) == [.running, .running])
        await supervisor.stop()
    }

    @Test("A child whose start ends after it was stopped is stopped at once")
    func stopWhileStarting() async {
        let stage = Stage()
        let a = stage.actor("a")
        // The gate is left by the cancellation that the stop brings.
        _ = a.hangStart()
        let supervisor = stage.supervisor(children: [a.spec()])
        async let start: Void = supervisor.start()
        await stage.clock.untilSomethingSleeps(for: .seconds(10))
        stage.clock.advance(by: .seconds(10))
        await start
        await supervisor.stop()
        #expect(stage.journal.value == ["start a", "stop a"])
        #expect(stage.events.value == [.stopped(child: "a")])
    }
}
