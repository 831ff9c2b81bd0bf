import ControlProtocol
import Synchronization

/// The commands the server has now.
///
/// Modules add theirs when they start. /// Guarded by a `Mutex`; a command runs outside it.
package final class CommandRegistry: Sendable {
    private let commands = Mutex<[String: Command]>([:])

    /// A registry with some commands; of those with one name the first counts.
    package init(_ commands: [Command] = []) {
        for command in commands { register(command) }
    }

    /// Adds a command.
    ///
    /// - Returns: `false` when there is one of that name already; it stays.
    @discardableResult
    package func register(_ command: Command) -> Bool {
        commands.withLock { commands in
            guard commands[command.name] == nil else { return false }
            commands[command.name] = command
            return true
        }
    }

    /// Removes a command; calls that run are not disturbed.
    package func unregister(_ name: String) {
        commands.withLock { $0[name] = nil }
    }

    /// All commands by name.
    package var all: [Command] {
        commands.withLock { Array($0.values) }.sorted { $0.name < $1.name }
    }

    /// The command of that name, or `nil`.
    package subscript(_ name: String) -> Command? { commands.withLock { $0[name] } }

    /// Checks the arguments and runs a command; who may call it is for the caller to judge.
    ///
    /// - Throws: `unknownCommand`, `badArguments`, or what the command throws.
    package func run(
        _ name: String, _ arguments: JSONValue = nil
    ) async throws(CommandError) -> CommandResult {
        guard let command = self[name] else {
            throw CommandError(.unknownCommand, "there is no command \(name.prefix(100))")
        }
        let checked = try CommandArguments(checking: arguments, against: command.arguments)
        return try await command.run(checked)
    }

    /// The declarations of all commands, for `martletctl help`.
    package var declarations: JSONValue { .array(all.map(\.declaration)) }
}

extension Command {
    /// The declaration as JSON: name, summary, tag, arguments, result.
    package var declaration: JSONValue {
        [
            "name": .string(name), "summary": .string(summary), "tag": .string(tag.name),
            "arguments": .array(arguments.map(\.declaration)), "result": .string(result.name),
        ]
    }
}

extension CommandArgument {
    fileprivate var declaration: JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(name)), .init("type", .string(kind.rawValue)),
            .init("summary", .string(summary)),
        ]
        if let fallback { members.append(.init("default", fallback.json)) }
        if isSecret { members.append(.init("secret", true)) }
        return .object(members)
    }
}
