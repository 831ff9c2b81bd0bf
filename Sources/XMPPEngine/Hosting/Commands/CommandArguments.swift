import ControlProtocol
import XMPPConfig
import XMPPCore

/// The arguments of one call: all that are declared, of their kinds, with defaults filled in.
package struct CommandArguments: Sendable {
    /// Who calls.
    package let caller: CommandCaller
    private let values: [String: CommandValue]

    /// Asking for an argument that is not declared, or of another kind, is a bug of the command;
    /// it answers with an empty or zero value.
    init(_ values: [String: CommandValue], caller: CommandCaller = .console) {
        self.values = values
        self.caller = caller
    }

    /// A string argument, or the name of an account.
    package func string(_ name: String) -> String {
        guard case .string(let text) = values[name] else { return "" }
        return text
    }

    /// A list of strings.
    package func strings(_ name: String) -> [String] {
        guard case .strings(let texts) = values[name] else { return [] }
        return texts
    }

    /// An integer argument.
    package func int(_ name: String) -> Int {
        guard case .int(let number) = values[name] else { return 0 }
        return number
    }

    /// A truth value.
    package func bool(_ name: String) -> Bool {
        guard case .bool(let flag) = values[name] else { return false }
        return flag
    }

    /// An address argument.
    ///
    /// - Throws: `badArguments` when no such argument is declared.
    package func jid(_ name: String) throws(CommandError) -> JID {
        guard case .jid(let jid) = values[name] else { throw .missing(name) }
        return jid
    }

    /// A domain argument.
    ///
    /// - Throws: `badArguments` when no such argument is declared.
    package func host(_ name: String) throws(CommandError) -> BareJID {
        guard case .host(let host) = values[name] else { throw .missing(name) }
        return host
    }

    /// An argument that is an IP address or network.
    ///
    /// - Throws: `badArguments` when no such argument is declared.
    package func network(_ name: String) throws(CommandError) -> IPNetwork {
        guard case .network(let network) = values[name] else { throw .missing(name) }
        return network
    }
}

extension CommandArguments {
    /// Checks what a caller gave against what a command declares.
    ///
    /// An object names its arguments, an array has them in order, `null` has none. With strict
    /// typing only an object is taken.
    ///
    /// - Throws: `badArguments` with all faults at once.
    package init(
        checking given: JSONValue, against declared: [CommandArgument],
        _ typing: CommandArgument.Typing = .textual, caller: CommandCaller = .console
    ) throws(CommandError) {
        var (named, faults) = Self.named(given, declared, typing)
        var values: [String: CommandValue] = [:]
        for argument in declared {
            if let value = named.removeValue(forKey: argument.name) {
                values[argument.name] = argument.read(value, typing)
                if values[argument.name] == nil { faults.append(argument.complaint(about: value)) }
            } else if let fallback = argument.fallback {
                values[argument.name] = fallback
            } else {
                faults.append("missing argument \(argument.name)")
            }
        }
        guard faults.isEmpty else {
            throw CommandError(.badArguments, faults.joined(separator: "; "))
        }
        self.init(values, caller: caller)
    }

    private static func named(
        _ given: JSONValue, _ declared: [CommandArgument], _ typing: CommandArgument.Typing
    ) -> ([String: JSONValue], faults: [String]) {
        var named: [String: JSONValue] = [:]
        var faults: [String] = []
        switch given {
        case .null where typing == .textual: break
        case .object(let members):
            for member in members {
                if declared.contains(where: { $0.name == member.name }) {
                    named[member.name] = member.value
                } else {
                    faults.append("unknown argument \(member.name.prefix(100))")
                }
            }
        case .array(let elements) where typing == .textual:
            for (argument, value) in zip(declared, elements) { named[argument.name] = value }
            if elements.count > declared.count {
                faults.append("\(elements.count) arguments given, at most \(declared.count) taken")
            }
        case .null, .bool, .int, .double, .string, .array:
            faults.append("the arguments must be an object")
        }
        return (named, faults)
    }
}
