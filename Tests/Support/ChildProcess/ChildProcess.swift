import Glibc
import Synchronization

/// A program that a test runs, with its input and output.
///
/// Foundation's `Process` copies directory entries beyond their end while it closes descriptors,
/// which kills a test run that has a thousand of them.
package final class ChildProcess {
    /// How a program ended.
    package enum Exit: Equatable {
        case code(Int32)
        case signal(Int32)
    }

    /// It could not be started.
    package struct Failure: Error {
        package let program: String
        package let code: Int32
    }

    private let pid: pid_t
    private var input: Int32
    private let output: Int32
    private var exit: Exit?

    /// Starts a program.
    ///
    /// Its standard error is the test's, or joins its output.
    package init(
        _ program: String, _ arguments: [String], in folder: String? = nil,
        joinsErrors: Bool = false
    ) throws {
        let starting = folder.map { ["env", "-C", $0, program] } ?? [program]
        (pid, input, output) = try Self.spawning.withLock { _ in
            try Self.spawn(starting + arguments, joinsErrors: joinsErrors)
        }
    }

    /// Held while pipes are made, so that no other program inherits their ends.
    private static let spawning = Mutex(())

    private static func spawn(
        _ command: [String], joinsErrors: Bool
    ) throws -> (pid_t, input: Int32, output: Int32) {
        let (inputs, outputs) = (try pipe(), try pipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputs.read, 0)
        posix_spawn_file_actions_adddup2(&actions, outputs.write, 1)
        if joinsErrors { posix_spawn_file_actions_adddup2(&actions, 1, 2) }
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, nil, words, environ)
        close(inputs.read)
        close(outputs.write)
        guard code == 0 else {
            close(inputs.write)
            close(outputs.read)
            throw Failure(program: command[0], code: code)
        }
        return (pid, inputs.write, outputs.read)
    }

    deinit {
        if exit == nil {
            signal(SIGKILL)
            wait()
        }
        closeInput()
        close(output)
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(program: "pipe", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Writes to its input; what it does not take is lost.
    package func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty, input >= 0 {
            let count = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Its input ends here.
    package func closeInput() {
        guard input >= 0 else { return }
        close(input)
        input = -1
    }

    /// Waits for some output; empty at its end.
    package func readSome() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            repeat {
                count = max(0, Glibc.read(output, buffer.baseAddress, buffer.count))
            } while count == 0 && errno == EINTR
        }
    }

    /// Waits for all of its output.
    package func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        while case let some = readSome(), !some.isEmpty { all += some }
        return all
    }

    package func signal(_ number: Int32) {
        if exit == nil { kill(pid, number) }
    }

    /// Waits for its end.
    @discardableResult
    package func wait() -> Exit {
        if let exit { return exit }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        let ended = signal == 0 ? Exit.code((status >> 8) & 0xff) : .signal(signal)
        exit = ended
        return ended
    }
}
