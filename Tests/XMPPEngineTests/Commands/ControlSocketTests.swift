import ControlProtocol
import Glibc
import Testing

@testable import XMPPEngine

@Suite("Control socket", .timeLimit(.minutes(1)))
struct ControlSocketTests {
    static let registry = CommandRegistry([
        CommandRegistryTests.echo, CommandRegistryTests.failing,
        Command("hang", "Never ends.", tag: .server) { _ throws(CommandError) in
            _ = await OneShot<Bool>().value()
            return .success
        },
    ])

    /// A served socket in a folder of its own.
    final class Fixture: Sendable {
        let folder: TemporaryFolder
        let path: String
        let stage = Stage()
        let supervisor: Supervisor

        init(
            _ limits: ControlSocket.Limits = ControlSocket.Limits(),
            registry: CommandRegistry = ControlSocketTests.registry
        ) async throws {
            folder = try TemporaryFolder()
            path = folder.path + "/martletd.sock"
            let socket = ControlSocket(path: path, registry: registry, limits: limits)
            supervisor = stage.supervisor(children: [socket.child()])
            await supervisor.start()
        }

        func state() async -> ChildState? { await supervisor.snapshot().children.first?.state }
    }

    /// A client that waits on threads of its own, so that the server has those of the tasks.
    final class Client: Sendable {
        let descriptor: Int32

        init(_ path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard UnixAddress.withAddress(of: path, { connect(descriptor, $0, $1) }) == 0 else {
                throw SystemCallError("connect")
            }
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        }

        deinit { close(descriptor) }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        /// The next reply, or `nil` when the server closed.
        func reply() async throws -> ControlReply? {
            let line = await withCheckedContinuation { continuation in
                BlockingThread.start("client") { [self] in
                    continuation.resume(returning: readLine())
                }
            }
            guard let line else { return nil }
            return ControlReply(try JSONValue.parse(line))
        }

        private func readLine() -> [UInt8]? {
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) == 1 {
                guard byte != 0x0A else { return line }
                line.append(byte)
            }
            return nil
        }

        func ask(_ text: String) async throws -> ControlReply? {
            send(text + "\n")
            return try await reply()
        }
    }

    @Test("Several requests on one connection are answered in order")
    func requests() async throws {
        let fixture = try await Fixture()
        let client = try Client(fixture.path)
        client.send("{\"command\":\"echo\",\"arguments\":[\"a\",1]}\n{\"command\":\"fail\"}\n")
        #expect(try await client.reply()?.text == "a 1 false - - ")
        let failure = try await client.reply()
        #expect(failure == ControlReply(.failed, text: "it is there already", code: 1))
        let named = try await client.ask(
            "{\"command\":\"echo\",\"arguments\":{\"text\":\"b\",\"count\":\"2\"}}")
        #expect(named?.result == "b 2 false - - ")
        await fixture.supervisor.stop()
    }

    @Test("The declarations are there for the asking")
    func declarations() async throws {
        let fixture = try await Fixture()
        let reply = try await Client(fixture.path).ask("{\"command\":\"commands\"}")
        #expect(reply?.result == Self.registry.declarations)
        #expect(reply?.text.contains("echo     Repeats its arguments.") == true)
        await fixture.supervisor.stop()
    }

    @Test(
        "Garbage gets an answer each time and the connection lives",
        arguments: [
            ("", "the request is not JSON: it ends too early at byte 0"),
            ("hello", "the request is not JSON: unexpected character at byte 0"),
            ("\u{0}", "the request is not JSON: unexpected character at byte 0"),
            ("[]", "the request names no command"), ("{}", "the request names no command"),
            ("{\"command\":1}", "the request names no command"),
            ("{\"command\":\"x\"}", "there is no command x"),
            (
                "{\"command\":\"echo\",\"arguments\":7}",
                "the arguments must be an object; missing argument text; missing argument count"
            ),
        ])
    func garbage(request: String, text: String) async throws {
        let fixture = try await Fixture()
        let client = try Client(fixture.path)
        #expect(try await client.ask(request) == ControlReply(.usage, text: text, code: 1))
        #expect(
            try await client.ask("{\"command\":\"echo\",\"arguments\":[\"a\",1]}")?.outcome == .ok)
        await fixture.supervisor.stop()
    }

    @Test("A line over the limit is refused and ends the connection, one at the limit is read")
    func oversized() async throws {
        var limits = ControlSocket.Limits()
        limits.lineBytesMax = 100
        let fixture = try await Fixture(limits)
        let client = try Client(fixture.path)
        #expect(
            try await client.ask(String(repeating: " ", count: 100))?.text.contains("JSON") == true)
        let refusal = ControlReply(.usage, text: "a request has at most 100 bytes", code: 1)
        #expect(try await client.ask(String(repeating: " ", count: 101)) == refusal)
        #expect(try await client.reply() == nil)
        let endless = try Client(fixture.path)
        endless.send(String(repeating: "x", count: 5000))
        #expect(try await endless.reply() == refusal)
        await fixture.supervisor.stop()
    }

    @Test("A caller that is slow to finish its line is disconnected")
    func slow() async throws {
        var limits = ControlSocket.Limits()
        limits.lineTime = .milliseconds(20)
        let fixture = try await Fixture(limits)
        let client = try Client(fixture.path)
        client.send("{\"comm")
        #expect(try await client.reply() == nil)
        await fixture.supervisor.stop()
    }

    @Test("A command that does not end is answered for")
    func hanging() async throws {
        var limits = ControlSocket.Limits()
        limits.commandTime = .milliseconds(20)
        let fixture = try await Fixture(limits)
        let reply = try await Client(fixture.path).ask("{\"command\":\"hang\"}")
        #expect(reply == ControlReply(.failed, text: "hang has not ended after 0 seconds", code: 1))
        await fixture.supervisor.stop()
    }

    @Test("One connection too many is told so; another is taken when one has gone")
    func tooMany() async throws {
        var limits = ControlSocket.Limits()
        limits.connectionsMax = 1
        let fixture = try await Fixture(limits)
        var first: Client? = try Client(fixture.path)
        #expect(try await first?.ask("{}") != nil)
        let refusal = try await Client(fixture.path).reply()
        #expect(refusal?.text == "too many connections to this socket")
        first = nil
        while try await Client(fixture.path).ask("{}")?.outcome != .usage { await Task.yield() }
        await fixture.supervisor.stop()
    }

    @Test("The file is for its owner only and goes with the server")
    func file() async throws {
        let fixture = try await Fixture()
        var status = stat()
        #expect(lstat(fixture.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        await fixture.supervisor.stop()
        #expect(lstat(fixture.path, &status) != 0)
        #expect(fixture.stage.events.value.last == .stopped(child: "control_socket"))
    }

    @Test("Stopping disconnects callers, idle or waiting")
    func stop() async throws {
        let fixture = try await Fixture()
        let idle = try Client(fixture.path)
        #expect(try await idle.ask("{}") != nil)
        await fixture.supervisor.stop()
        #expect(try await idle.reply() == nil)
    }

    @Test("A command that is being carried out when the socket closes is answered")
    func lastAnswer() async throws {
        let begun = OneShot<Bool>()
        let end = OneShot<Bool>()
        let slow = Command("slow", "Takes its time.", tag: .server) { _ throws(CommandError) in
            begun.fulfil(true)
            _ = await end.value()
            return .success
        }
        let fixture = try await Fixture(registry: CommandRegistry([slow]))
        let client = try Client(fixture.path)
        client.send("{\"command\":\"slow\"}\n")
        _ = await begun.value()
        let stop = Task { await fixture.supervisor.stop() }
        while (try? Client(fixture.path)) != nil { await Task.yield() }
        end.fulfil(true)
        #expect(try await client.reply()?.outcome == .ok)
        #expect(try await client.reply() == nil)
        await stop.value
    }

    @Test("A socket file that nobody serves is replaced")
    func stale() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/martletd.sock"
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(UnixAddress.withAddress(of: path) { bind(dead, $0, $1) } == 0)
        close(dead)
        let listener = try UnixListener.open(path, mode: 0o600, backlog: 1)
        #expect(try Client(path).descriptor >= 0)
        withExtendedLifetime(listener) {}
    }

    @Test("A socket that another server serves is left alone")
    func served() async throws {
        let fixture = try await Fixture()
        let second = ControlSocket(path: fixture.path, registry: Self.registry)
        let state = try await fixture.supervisor.add(second.child("second"))
        #expect(state == .backingOff("another server answers on \(fixture.path)"))
        #expect(try await Client(fixture.path).ask("{}") != nil)
        #expect(await fixture.state() == .running)
        await fixture.supervisor.stop()
    }

    @Test("A file of another kind, a missing folder and a bad path are named")
    func badPaths() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/file"
        close(open(file, O_CREAT | O_WRONLY, 0o600))
        let long = "/" + String(repeating: "x", count: 107)
        let missing = SystemCallError("bind /nowhere/x", code: ENOENT)
        for (path, error) in [
            (file, UnixListenerError.notASocket(file)), (long, .badPath(long)),
            ("", .badPath("")), ("/nowhere/x", .system(missing)),
        ] {
            #expect(throws: error) { try UnixListener.open(path, mode: 0o600, backlog: 1) }
        }
        #expect(missing.description == "bind /nowhere/x: No such file or directory")
    }

    @Test("A file that has taken the place of the socket is not removed")
    func replaced() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/martletd.sock"
        var listener: UnixListener? = try UnixListener.open(path, mode: 0o600, backlog: 1)
        #expect(listener != nil)
        rename(path, path + ".old")
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        listener = nil
        var status = stat()
        #expect(lstat(path, &status) == 0)
    }
}

@Suite("Line buffer")
struct LineBufferTests {
    @Test("Lines come out whole, however they came in")
    func pieces() {
        var lines = LineBuffer(lineBytesMax: 3)
        var answers: [LineBuffer.Answer] = []
        for piece in ["a", "b\nc", "\n\nabc", "\n", "abcd"] {
            lines.append(piece.utf8)
            for _ in 0..<2 { answers.append(lines.next()) }
        }
        let line = { (text: String) in LineBuffer.Answer.line(Array(text.utf8)) }
        #expect(
            answers == [
                .needsMore, .needsMore, line("ab"), .needsMore, line("c"), line(""), line("abc"),
                .needsMore, .tooLong, .tooLong,
            ])
    }

    @Test("A finished line over the limit is too long as well")
    func finished() {
        var lines = LineBuffer(lineBytesMax: 3)
        lines.append("abcd\n".utf8)
        #expect(lines.next() == .tooLong)
    }
}
