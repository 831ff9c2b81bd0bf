import Glibc

/// How the tool ends.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case usage = 2
    case unreachable = 3
}

/// Standard input, output and error.
enum Terminal {
    static func complain(_ text: String) {
        say("martletctl: \(text)\n")
    }

    private static func say(_ text: String) {
        _ = write(STDERR_FILENO, text, text.utf8.count)
    }

    /// Reads one line; a person who types it does not see it.
    static func secret(named name: String) -> String? {
        var shown = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &shown) == 0 else {
            return readLine()
        }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
            say("\n")
        }
        say("\(name): ")
        return readLine()
    }
}
