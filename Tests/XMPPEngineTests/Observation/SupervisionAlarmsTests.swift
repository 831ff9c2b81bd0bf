import Logging
import Testing
import XMPPStorage

@testable import XMPPEngine

@Suite("Alarms of the server's parts")
struct SupervisionAlarmsTests {
    @Test("A listener that cannot bind raises an alarm until it does")
    func listener() {
        let alarms = Alarms(events: EventFeed())
        let supervision = SupervisionAlarms(alarms, log: Logger(label: "test"))
        let (id, name) = ("127.0.0.1:5222", "ejabberd_listener")
        supervision.report(
            name, .cannotStart(child: id, error: "address already in use", retryIn: .seconds(1)))
        #expect(alarms.raised.map(\.name) == ["listener 127.0.0.1:5222"])
        #expect(alarms.raised.first?.text == "cannot start: address already in use")
        supervision.report(name, .started(child: id))
        #expect(alarms.raised.isEmpty)
    }

    static let events: [(SupervisionEvent, String, [String: String])] = [
        (.started(child: "a"), "started", ["part": "a"]),
        (
            .cannotStart(child: "a", error: "no file", retryIn: .seconds(2)),
            "cannot start, trying again", ["part": "a", "error": "no file", "again_in": "2 s"]
        ),
        (
            .cannotStart(child: "a", error: "no file", retryIn: nil), "cannot start",
            ["part": "a", "error": "no file"]
        ),
        (
            .ended(child: "a", .failed("it broke"), restarts: true), "ended, starting it again",
            ["part": "a", "error": "it broke"]
        ),
        (.ended(child: "a", .normal, restarts: false), "ended", ["part": "a"]),
        (.stopped(child: "a"), "stopped", ["part": "a"]),
        (.abandoned(child: "a"), "did not stop in time, left to itself", ["part": "a"]),
        (
            .gaveUp(child: "a", error: "it broke"), "failed too often, giving up",
            ["part": "a", "error": "it broke"]
        ),
    ]

    @Test("What supervisors do is logged in words", arguments: events)
    func words(event: SupervisionEvent, summary: String, facts: [String: String]) {
        #expect(event.summary == summary)
        #expect(event.facts == facts)
    }

    @Test("Restarts are counted by supervisor; an end for good is none")
    func restarts() {
        let supervision = SupervisionAlarms(
            Alarms(events: EventFeed()), log: Logger(label: "test"))
        for _ in 0..<3 {
            supervision.report("a", .ended(child: "x", .failed("e"), restarts: true))
        }
        supervision.report("a", .ended(child: "x", .normal, restarts: false))
        supervision.report("b", .ended(child: "y", .failed("e"), restarts: true))
        #expect(supervision.restarts == ["a": 3, "b": 1])
    }

    @Test("A supervisor that gave up raises an alarm until its parent starts it again")
    func givingUp() {
        let alarms = Alarms(events: EventFeed())
        let supervision = SupervisionAlarms(alarms, log: Logger(label: "test"))
        supervision.report("http", .gaveUp(child: "loop", error: "no threads"))
        #expect(alarms.raised.map(\.name) == ["part http"])
        #expect(alarms.raised.first?.severity == .critical)
        supervision.report("root", .started(child: "http"))
        #expect(alarms.raised.isEmpty)
    }

    @Test("A database that fails raises an alarm, the next commit clears it")
    func database() {
        let observatory = Observatory()
        let counters = StorageCounters(observatory)
        counters.failed(.overloaded)
        #expect(observatory.alarms.raised.isEmpty)
        counters.failed(.diskFull)
        #expect(observatory.alarms.raised.map(\.name) == [StorageCounters.alarm])
        counters.committed(writes: 4, nanoseconds: 1000)
        counters.wasRead(nanoseconds: 10)
        #expect(observatory.alarms.raised.isEmpty)
        let totals = observatory.statistics.totals()
        #expect(totals[.storageFailures] == 2)
        #expect(totals[.storageCommits] == 1)
        #expect(totals[.storageWrites] == 4)
        #expect(totals[.storageReads] == 1)
        #expect(totals[.storageTransaction].count == 2)
    }

    @Test("A control group with less memory than the machine counts instead of it")
    func controlGroup() throws {
        let folder = try TemporaryFolder()
        func write(_ name: String, _ text: String) throws {
            try folder.write(name, text)
        }
        var sample = ProcessSample()
        (sample.machineBytes, sample.machineUsedBytes) = (1000, 100)
        sample.readControlGroup(folder.path)
        #expect(sample.machineBytes == 1000)
        try write("memory.max", "max\n")
        try write("memory.current", "500\n")
        try write("memory.stat", "anon 7\ninactive_file 150\n")
        sample.readControlGroup(folder.path)
        #expect(sample.machineBytes == 1000)
        try write("memory.max", "600\n")
        sample.readControlGroup(folder.path)
        #expect((sample.machineBytes, sample.machineUsedBytes) == (600, 350))
    }

    @Test("Memory of the machine has an alarm by share; an unknown size has none")
    func machineMemory() {
        var board = AlarmBoard([.machineMemory(above: 0.8)])
        var process = ProcessSample()
        #expect(board.update(with: SystemSample(process: process)).isEmpty)
        (process.machineBytes, process.machineUsedBytes) = (1000, 800)
        #expect(board.update(with: SystemSample(process: process)).map(\.isRaised) == [true])
        process.machineUsedBytes = 719
        #expect(board.update(with: SystemSample(process: process)).map(\.isRaised) == [false])
    }
}
