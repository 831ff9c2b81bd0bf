import Dispatch
import Glibc
import Testing

@testable import XMPPEngine

@Suite("martletctl", .timeLimit(.minutes(1)))
struct MartletctlTests {
    struct Outcome: Equatable {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs the tool that was built beside the tests.
    private func martletctl(_ words: [String], input: String = "") async throws -> Outcome {
        let folder = try TemporaryFolder()
        let names = ["in", "out", "err"].map { folder.path + "/" + $0 }
        let file = open(names[0], O_CREAT | O_WRONLY, 0o600)
        _ = write(file, input, input.utf8.count)
        close(file)
        var link = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &link, link.count)
        let test = String(
            decoding: link.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let tool =
            test.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/martletctl"
        let status = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: spawn([tool] + words, files: names))
            }
        }
        return Outcome(
            status: status >> 8, output: contents(of: names[1]), errors: contents(of: names[2]))
    }

    /// Runs a program with its standard files and waits for it.
    private func spawn(_ words: [String], files: [String]) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, file) in files.enumerated() {
            let flags = number == 0 ? O_RDONLY : O_CREAT | O_WRONLY
            posix_spawn_file_actions_addopen(&actions, Int32(number), file, flags, 0o600)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        guard posix_spawn(&process, words[0], &actions, nil, &arguments, environ) == 0 else {
            return -1
        }
        var status: Int32 = -1
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private func contents(of path: String) -> String {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(file, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    @Test("A command's text goes to standard output, status 0")
    func command() async throws {
        let fixture = try await ControlSocketTests.Fixture()
        let outcome = try await martletctl(["--socket", fixture.path, "echo", "a b", "-1"])
        #expect(outcome == Outcome(status: 0, output: "a b -1 false - - \n", errors: ""))
        let json = try await martletctl(["--data", fixture.folder.path, "--json", "echo", "a", "1"])
        #expect(json == Outcome(status: 0, output: "\"a 1 false - - \"\n", errors: ""))
        await fixture.supervisor.stop()
    }

    @Test("A failing command is status 1, wrong usage 2, both on standard error")
    func failures() async throws {
        let fixture = try await ControlSocketTests.Fixture()
        let failed = try await martletctl(["--socket", fixture.path, "fail"])
        #expect(
            failed == Outcome(status: 1, output: "", errors: "martletctl: it is there already\n"))
        let usage = try await martletctl(["--socket", fixture.path, "echo", "a"])
        #expect(usage.status == 2)
        #expect(
            usage.errors
                == "martletctl: missing argument count (see martletctl help echo)\n")
        await fixture.supervisor.stop()
    }

    @Test("A password given as - is read from standard input")
    func password() async throws {
        let fixture = try await ControlSocketTests.Fixture()
        let words = ["--socket", fixture.path, "echo", "-", "1", "true", "a@b", "c", "-"]
        let outcome = try await martletctl(words, input: "it's secret\nmore\n")
        #expect(outcome.output == "- 1 true a@b c it's secret\n")
        let nothing = try await martletctl(words)
        #expect(nothing.status == 2)
        #expect(nothing.errors == "martletctl: standard input has no password\n")
        await fixture.supervisor.stop()
    }

    @Test("help lists the server's commands and explains one")
    func help() async throws {
        let fixture = try await ControlSocketTests.Fixture()
        let all = try await martletctl(["--socket", fixture.path, "help"])
        #expect(all.status == 0)
        #expect(all.output.contains("\necho     Repeats its arguments.\n"))
        let one = try await martletctl(["--socket", fixture.path, "help", "echo"])
        #expect(one.output.hasPrefix("Usage: martletctl [OPTION…] echo TEXT COUNT [LOUD]"))
        #expect(one.output.contains("  LOUD      A truth value. (bool, false if left out)\n"))
        let none = try await martletctl(["--socket", fixture.path, "help", "nope"])
        #expect(none.status == 2)
        await fixture.supervisor.stop()
    }

    @Test("Without a server the status is 3 and the message names the socket")
    func unreachable() async throws {
        let outcome = try await martletctl(["--socket", "/nowhere/x.sock", "status"])
        #expect(outcome.status == 3)
        #expect(
            outcome.errors
                == "martletctl: no server answers on /nowhere/x.sock: No such file or directory\n")
    }

    @Test(
        "Wrong command lines are status 2 and show the usage",
        arguments: [[], ["--nope", "status"], ["--socket"], ["--socket", ""], ["--json"], ["-x"]])
    func usage(words: [String]) async throws {
        let outcome = try await martletctl(words)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("Usage: martletctl"))
    }

    @Test("--version and --help need no server", arguments: ["--version", "--help", "-h"])
    func noServer(word: String) async throws {
        let outcome = try await martletctl(["--socket", "/nowhere/x.sock", word])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("martletctl"))
    }
}
