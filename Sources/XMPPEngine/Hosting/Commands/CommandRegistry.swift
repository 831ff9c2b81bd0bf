import ControlProtocol
import Logging
import Synchronization

/// The commands the server has now.
///
/// Modules add theirs when they start. Guarded by a `Mutex`; a command runs outside it.
package final class CommandRegistry: Sendable {
    private struct State {
        /// By name, the newest version first.
        var commands: [String: [Command]] = [:]
        var aliases: [String: String] = [:]
    }

    private let state = Mutex(State())
    private static let log = Logger(label: "martlet.audit")

    /// A registry with some commands; of those with one name and version the first counts.
    package init(_ commands: [Command] = []) {
        for command in commands { register(command) }
    }

    /// Adds a command.
    ///
    /// - Returns: `false` when there is one of that name and version already; it stays.
    @discardableResult
    package func register(_ command: Command) -> Bool {
        state.withLock { state in
            var versions = state.commands[command.name] ?? []
            guard !versions.contains(where: { $0.version == command.version }) else {
                return false
            }
            versions.append(command)
            state.commands[command.name] = versions.sorted { $0.version > $1.version }
            for alias in command.aliases where state.aliases[alias] == nil {
                state.aliases[alias] = command.name
            }
            return true
        }
    }

    /// Removes a command in all its versions; calls that run are not disturbed.
    package func unregister(_ name: String) {
        state.withLock { state in
            state.commands[name] = nil
            state.aliases = state.aliases.filter { $0.value != name }
        }
    }

    /// All commands by name, each in its newest version.
    package var all: [Command] {
        state.withLock { state in state.commands.values.compactMap(\.first) }
            .sorted { $0.name < $1.name }
    }

    /// All versions of all commands, by name, the newest first.
    package var allVersions: [Command] {
        let commands = state.withLock { $0.commands }
        return commands.sorted { $0.key < $1.key }.flatMap(\.value)
    }

    /// The newest version of the command of that name or alias, or `nil`.
    package subscript(_ name: String) -> Command? { versions(of: name).first }

    /// The command as it was in a version of the commands: the newest that is not newer.
    ///
    /// - Returns: `nil` when there is no such command, or it came with a later version.
    package func command(_ name: String, version: Int) -> Command? {
        versions(of: name).first { $0.version <= version }
    }

    private func versions(of name: String) -> [Command] {
        state.withLock { state in
            state.commands[name] ?? state.aliases[name].flatMap { state.commands[$0] } ?? []
        }
    }

    /// Checks the arguments and runs a command; who may call it is for the caller to judge.
    ///
    /// - Throws: `unknownCommand`, `badArguments`, or what the command throws.
    package func run(
        _ name: String, _ arguments: JSONValue = nil
    ) async throws(CommandError) -> CommandResult {
        guard let command = self[name] else {
            throw CommandError(.unknownCommand, "there is no command \(name.prefix(100))")
        }
        return try await run(command, arguments)
    }

    /// The same for a command that was looked up; what changes something is noted in the log.
    package func run(
        _ command: Command, _ arguments: JSONValue,
        typing: CommandArgument.Typing = .textual, as caller: CommandCaller = .console
    ) async throws(CommandError) -> CommandResult {
        let checked = try CommandArguments(
            checking: arguments, against: command.arguments, typing, caller: caller)
        guard command.effect == .changes else { return try await command.run(checked) }
        do {
            let result = try await command.run(checked)
            Self.note(command, arguments, caller, outcome: "\(result.code)")
            return result
        } catch {
            Self.note(command, arguments, caller, outcome: error.kind.rawValue)
            throw error
        }
    }

    private static func note(
        _ command: Command, _ arguments: JSONValue, _ caller: CommandCaller, outcome: String
    ) {
        var shown: [JSONValue.Member] = []
        for (index, argument) in command.arguments.enumerated() where !argument.isPrivate {
            let inOrder = arguments.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            guard let value = arguments[argument.name] ?? inOrder else { continue }
            shown.append(.init(argument.name, value))
        }
        log.notice(
            "command",
            metadata: [
                "command": "\(command.name)", "caller": "\(caller.name)",
                "token": "\(caller.token ?? "-")",
                "address": "\(caller.address.isEmpty ? "-" : caller.address)",
                "arguments": "\(JSONValue.object(shown).description.prefix(1000))",
                "outcome": "\(outcome)",
            ])
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
