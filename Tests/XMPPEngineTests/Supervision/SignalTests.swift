import ControlProtocol
import Glibc
import Testing

@testable import XMPPEngine

@Suite("Signals and service notification", .serialized, .timeLimit(.minutes(1)))
struct SignalTests {
    @Test("SIGHUP, SIGTERM and SIGINT reach the closure while the child runs")
    func signals() async {
        let seen = Observed<[ProcessSignal]>([])
        let stage = Stage()
        let supervisor = stage.supervisor(
            children: [SignalWatcher.child { signal in seen.update { $0.append(signal) } }])
        await supervisor.start()
        for (number, count) in [(SIGHUP, 1), (SIGTERM, 2), (SIGINT, 3)] {
            kill(getpid(), number)
            await seen.until { $0.count == count }
        }
        #expect(seen.value == [.reload, .drain, .drain])
        await supervisor.stop()
    }

    @Test("A second watcher is refused, a later one is not")
    func second() async {
        let stage = Stage()
        let supervisor = stage.supervisor(children: [SignalWatcher.child("one") { _ in }])
        await supervisor.start()
        let state = try? await supervisor.add(SignalWatcher.child("two") { _ in })
        guard case .backingOff = state else {
            Issue.record("a second watcher started")
            return
        }
        await supervisor.stop()
        let later = stage.supervisor(children: [SignalWatcher.child { _ in }])
        await later.start()
        #expect(await later.snapshot().children.map(\.state) == [.running])
        await later.stop()
    }

    @Test(
        "The service manager gets one datagram for each state",
        arguments: [
            (ServiceNotifier.State.ready, "READY=1"), (.stopping, "STOPPING=1"),
            (.status("two\nlines"), "STATUS=two lines"),
        ])
    func notify(state: ServiceNotifier.State, text: String) throws {
        #expect(try received(state) == text)
    }

    @Test("A reload carries the time it began")
    func reloading() throws {
        let text = try received(.reloading)
        #expect(text.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect((Int(text.dropFirst(27)) ?? 0) > 0)
    }

    @Test(
        "Without a socket, or with a bad one, nothing happens",
        arguments: [nil, "", "x", "/nowhere/x"])
    func noManager(path: String?) {
        #expect(!ServiceNotifier(path: path).notify(.ready))
    }

    private func received(_ state: ServiceNotifier.State) throws -> String {
        let folder = try TemporaryFolder()
        let path = folder.path + "/notify"
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        #expect(UnixAddress.withAddress(of: path) { bind(socket, $0, $1) } == 0)
        #expect(ServiceNotifier(path: path).notify(state))
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(socket, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}
