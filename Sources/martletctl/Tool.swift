import ControlProtocol
import Glibc

/// Carries out one invocation.
struct Tool {
    let invocation: Invocation

    func run() -> ExitStatus {
        do {
            switch invocation.action {
            case .version:
                print("martletctl \(Martlet.version)")
                return .done
            case .help(let command): return try help(command)
            case .run(let command, let arguments): return try run(command, arguments)
            }
        } catch {
            Terminal.complain(error.text)
            return .unreachable
        }
    }

    private func connect() throws(ControlClient.Failure) -> ControlClient {
        let environment = getenv("MARTLET_SOCKET").map { String(cString: $0) }
        return try ControlClient(toFirstOf: invocation.sockets(environment: environment))
    }

    private func help(_ command: String?) throws(ControlClient.Failure) -> ExitStatus {
        guard let command else {
            print(Invocation.usage)
            do {
                let reply = try connect().ask("commands")
                print("\nCommands of the server:\n\n\(reply.text)")
            } catch {
                print("\nThe server's commands are listed here when it runs: \(error.text).")
            }
            return .done
        }
        guard let declaration = try declaration(of: command, from: connect()) else {
            Terminal.complain("there is no command \(command)")
            return .usage
        }
        print(declaration.help)
        return .done
    }

    private func declaration(
        of command: String, from client: borrowing ControlClient
    ) throws(ControlClient.Failure) -> Declaration? {
        let declarations = try client.ask("commands").result.array ?? []
        return declarations.compactMap(Declaration.init).first { $0.name == command }
    }

    private func run(
        _ command: String, _ arguments: [String]
    ) throws(ControlClient.Failure) -> ExitStatus {
        let client = try connect()
        var arguments = arguments
        if arguments.contains("-"), let declaration = try declaration(of: command, from: client) {
            for (index, argument) in declaration.arguments.enumerated()
            where argument.isSecret && index < arguments.count && arguments[index] == "-" {
                guard let secret = Terminal.secret(named: argument.name) else {
                    Terminal.complain("standard input has no \(argument.name)")
                    return .usage
                }
                arguments[index] = secret
            }
        }
        return show(try client.ask(command, arguments), of: command)
    }

    private func show(_ reply: ControlReply, of command: String) -> ExitStatus {
        switch reply.outcome {
        case .ok where invocation.isJSON:
            print(reply.result.description)
            return reply.code == 0 ? .done : .failed
        case .ok where reply.code == 0:
            if !reply.text.isEmpty { print(reply.text) }
            return .done
        case .ok, .failed:
            Terminal.complain(reply.text)
            return .failed
        case .usage:
            Terminal.complain("\(reply.text) (see martletctl help \(command))")
            return .usage
        }
    }
}
