import ControlProtocol

/// What the command line asks for.
struct Invocation: Equatable {
    enum Action: Equatable {
        /// Of the tool, or of one command.
        case help(String?)
        case version
        case run(String, [String])
    }

    /// What is wrong with a command line.
    struct UsageError: Error, Equatable {
        let text: String
    }

    static let usage = """
        Usage: martletctl [OPTION…] COMMAND [ARGUMENT…]

        Runs a command of the server on this machine.

          --socket PATH   the server's socket; else $MARTLET_SOCKET, ./data/martletd.sock,
                          /var/lib/martlet/martletd.sock
          --data DIR      the server's data directory: DIR/martletd.sock
          --json          prints the result as JSON
          --version       prints the version
          help [COMMAND]  lists the commands, or explains one

        A password given as - is read from standard input.
        Exit status: 0 done, 1 the command failed, 2 wrong usage, 3 no server answers.
        """

    var action = Action.help(nil)
    /// Where the caller says the socket is, or `nil`.
    var socket: String?
    var isJSON = false

    /// Reads the words after the tool's own name: options first, then the command.
    init(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--json": isJSON = true
            case "--version":
                action = .version
                return
            case "--help", "-h":
                action = .help(nil)
                return
            case "--socket": socket = try Self.value(of: word, &rest)
            case "--data": socket = try Self.value(of: word, &rest) + "/martletd.sock"
            case "help":
                action = .help(rest.first)
                return
            case _ where word.hasPrefix("-"):
                throw UsageError(text: "unknown option \(word)")
            default:
                action = .run(word, Array(rest))
                return
            }
        }
        throw UsageError(text: "which command?")
    }

    private static func value(
        of option: String, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let value = rest.popFirst(), !value.isEmpty else {
            throw UsageError(text: "\(option) needs a value")
        }
        return value
    }

    /// The sockets to try, in order.
    func sockets(environment: String?) -> [String] {
        if let socket { return [socket] }
        if let environment, !environment.isEmpty { return [environment] }
        return ["data/martletd.sock", "/var/lib/martlet/martletd.sock"]
    }
}
