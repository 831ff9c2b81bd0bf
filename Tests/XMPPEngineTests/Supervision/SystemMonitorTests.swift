import Synchronization
import Testing

@testable import XMPPEngine

@Suite("System monitor", .timeLimit(.minutes(1)))
struct SystemMonitorTests {
    private static func sample(resident: Int) -> ProcessSample {
        var sample = ProcessSample()
        sample.residentBytes = resident
        return sample
    }

    @Test("An alarm is raised at its mark and cleared only well below")
    func hysteresis() {
        var board = AlarmBoard([.memory(above: 100)])
        let steps: [(Int, Bool?)] = [
            (99, nil), (100, true), (150, nil), (95, nil), (90, nil), (89, false), (99, nil),
            (100, true),
        ]
        for (bytes, change) in steps {
            let changes = board.update(with: SystemSample(process: Self.sample(resident: bytes)))
            #expect(changes.map(\.isRaised) == (change.map { [$0] } ?? []), "at \(bytes)")
        }
    }

    @Test("A clearing mark above the raising one counts as the same")
    func crossedMarks() {
        var board = AlarmBoard([
            Alarm("x", raiseAt: 10, clearBelow: 20) { Double($0.process.residentBytes) }
        ])
        let sample = SystemSample(process: Self.sample(resident: 15))
        let changes = (1...2).map { _ in board.update(with: sample).map(\.isRaised) }
        #expect(changes == [[true], []])
    }

    @Test("The longest queue and the share of open files have alarms")
    func otherAlarms() {
        var board = AlarmBoard([.queues(above: 10), .openFiles(above: 0.8)])
        var process = ProcessSample()
        process.openFiles = 80
        process.openFilesMax = 100
        let queues = [
            QueueRegistry.Reading(name: "a", length: 3), .init(name: "b", length: 10),
        ]
        let changes = board.update(with: SystemSample(process: process, queues: queues))
        #expect(changes.map(\.name) == ["queues", "open_files"])
        process.openFilesMax = 0
        let cleared = board.update(with: SystemSample(process: process))
        #expect(cleared.map(\.isRaised) == [false, false])
    }

    @Test("The child samples once per interval and reports what changed")
    func child() async {
        let stage = Stage()
        let memory = Observed(50)
        let changes = Observed<[AlarmChange]>([])
        let monitor = SystemMonitor(
            alarms: [.memory(above: 100)], interval: .seconds(30), clock: stage.clock,
            source: { Self.sample(resident: memory.value) },
            report: { change, _ in changes.update { $0.append(change) } })
        let supervisor = stage.supervisor(children: [monitor.child()])
        await supervisor.start()
        await stage.clock.untilSomethingSleeps(for: .seconds(30))
        #expect(changes.value.isEmpty)
        memory.update { $0 = 200 }
        stage.clock.advance(by: .seconds(30))
        await changes.until { $0.count == 1 }
        #expect(await monitor.raisedAlarms == ["memory"])
        await stage.clock.untilSomethingSleeps(for: .seconds(30))
        memory.update { $0 = 0 }
        stage.clock.advance(by: .seconds(30))
        await changes.until { $0.count == 2 }
        #expect(changes.value.map(\.isRaised) == [true, false])
        await supervisor.stop()
    }

    @Test("Processor time becomes a share of the time between two samples")
    func processorShare() async {
        let clock = ManualClock()
        let used = Observed(Duration.seconds(5))
        let monitor = SystemMonitor(
            alarms: [], clock: clock,
            source: {
                var sample = ProcessSample()
                sample.processorTime = used.value
                return sample
            }, report: { _, _ in })
        #expect(await monitor.sample().processorShare == 0)
        used.update { $0 += .seconds(1) }
        clock.advance(by: .seconds(4))
        #expect(await monitor.sample().processorShare == 0.25)
    }

    @Test("Queues are read by name until they are taken off the list")
    func queues() async {
        let registry = QueueRegistry()
        registry.register("b") { 2 }
        registry.register("a") { 1 }
        registry.register("a") { 7 }
        #expect(
            registry.readings() == [.init(name: "a", length: 7), .init(name: "b", length: 2)])
        registry.unregister("a")
        #expect(registry.readings() == [.init(name: "b", length: 2)])
    }

    @Test("The kernel tells of this very process")
    func thisProcess() {
        let sample = ProcessSample.now()
        #expect(sample.residentBytes > 1_000_000)
        #expect(sample.processorTime > .zero)
        #expect(sample.openFiles >= 3)
        #expect(sample.openFilesMax >= sample.openFiles)
    }

    @Test("A file or label that is not there reads as 0")
    func missing() {
        #expect(ProcessSample.kibibytes("VmRSS:", in: "/nowhere") == 0)
        #expect(ProcessSample.kibibytes("NoSuch:", in: "/proc/self/status") == 0)
    }
}
