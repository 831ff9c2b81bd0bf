import ControlProtocol
import Dispatch
import Glibc
import Synchronization

/// One connection to the control socket: reads a line, runs it, writes the reply, and again.
///
/// Used by one thread, which it blocks. The descriptor stays the caller's to close.
struct ControlConversation: Sendable {
    private static let chunkBytes = 4096

    private let connection: Int32
    private let registry: CommandRegistry
    private let limits: ControlSocket.Limits

    init(_ connection: Int32, registry: CommandRegistry, limits: ControlSocket.Limits) {
        self.connection = connection
        self.registry = registry
        self.limits = limits
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
            connection, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Whether the other end is root or the user of this process (SO_PEERCRED, unix(7)).
    static func isFriend(_ connection: Int32) -> Bool {
        // `struct ucred`: pid, uid and gid, four bytes each.
        var credentials: [UInt32] = [0, .max, .max]
        var length = socklen_t(MemoryLayout<UInt32>.size * credentials.count)
        guard getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0,
            length == 12
        else { return false }
        return credentials[1] == 0 || credentials[1] == geteuid()
    }

    /// Answers without having read anything.
    func refuse(_ text: String) { _ = write(ControlReply(.failed, text: text, code: 1)) }

    /// Serves until the other end closes, is too slow or sends a line that is too long.
    func run() {
        var lines = LineBuffer(lineBytesMax: limits.lineBytesMax)
        while true {
            switch nextLine(&lines) {
            case .line(let line):
                guard write(reply(to: line)) else { return }
            case .tooLong:
                let text = "a request has at most \(limits.lineBytesMax) bytes"
                _ = write(ControlReply(.usage, text: text, code: 1))
                return
            case .needsMore: return
            }
        }
    }

    /// The next line; `.needsMore` when there will be none.
    private func nextLine(_ lines: inout LineBuffer) -> LineBuffer.Answer {
        let deadline = ContinuousClock.now + limits.lineTime
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        while true {
            let answer = lines.next()
            guard answer == .needsMore, isReadable(before: deadline) else { return answer }
            let count = recv(connection, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return .needsMore }
            lines.append(chunk.prefix(count))
        }
    }

    private func isReadable(before deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            guard left > 0 else { return false }
            var wait = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            let count = poll(&wait, 1, Int32(min(left.rounded(.up), 1e9)))
            if count > 0 { return true }
            guard count == 0 || errno == EINTR else { return false }
        }
    }

    private func write(_ reply: ControlReply) -> Bool {
        var bytes = reply.json.utf8[...]
        bytes.append(0x0A)
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    private func reply(to line: [UInt8]) -> ControlReply {
        let request: JSONValue
        do {
            request = try JSONValue.parse(line, bytesMax: limits.lineBytesMax)
        } catch {
            return ControlReply(.usage, text: "the request is not JSON: \(error)", code: 1)
        }
        guard let name = request["command"]?.string else {
            return ControlReply(.usage, text: "the request names no command", code: 1)
        }
        guard name != "commands" else {
            let names = registry.all.map { [JSONValue.string($0.name), .string($0.summary)] }
            let table = CommandResult.records(columns: ["command", "what it does"], rows: names)
            return ControlReply(.ok, text: table.text, result: registry.declarations)
        }
        return wait(for: name, request["arguments"] ?? nil)
    }

    /// Runs a command in a task and blocks this thread until it has ended.
    private func wait(for name: String, _ arguments: JSONValue) -> ControlReply {
        let answer = OneShot<ControlReply>()
        let isDone = DispatchSemaphore(value: 0)
        let task = Task.detached { [registry] in
            answer.fulfil(await Self.reply(running: name, arguments, of: registry))
            isDone.signal()
        }
        let milliseconds = Int(min(limits.commandTime / .milliseconds(1), 1e9))
        let isLate = isDone.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut
        if let reply = answer.current { return reply }
        // What it says once it is cancelled is not what it was asked for.
        if isLate { task.cancel() }
        let text = "\(name) has not ended after \(milliseconds / 1000) seconds"
        return ControlReply(.failed, text: text, code: 1)
    }

    private static func reply(
        running name: String, _ arguments: JSONValue, of registry: CommandRegistry
    ) async -> ControlReply {
        do {
            let result = try await registry.run(name, arguments)
            return ControlReply(.ok, text: result.text, result: result.json, code: result.code)
        } catch {
            switch error.kind {
            case .unknownCommand, .badArguments:
                return ControlReply(.usage, text: error.text, code: 1)
            case .notFound, .conflict, .notAllowed, .unavailable, .failed:
                return ControlReply(.failed, text: error.text, code: 1)
            }
        }
    }
}
