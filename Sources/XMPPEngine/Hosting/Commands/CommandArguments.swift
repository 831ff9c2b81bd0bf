import ControlProtocol
import XMPPCore

/// A value of one of the declared kinds.
package enum CommandValue: Hashable, Sendable {
    case string(String)
    case int(Int)
    case bool(Bool)
    case jid(JID)
    case host(BareJID)

    /// The value as JSON: addresses as their text.
    package var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .int(let number): .int(number)
        case .bool(let flag): .bool(flag)
        case .jid(let jid): .string(jid.description)
        case .host(let host): .string(host.text)
        }
    }
}

/// The arguments of one call: all that are declared, of their kinds, with defaults filled in.
package struct CommandArguments: Sendable {
    private let values: [String: CommandValue]

    /// Asking for an argument that is not declared, or of another kind, is a bug of the command;
    /// it answers with an empty or zero value.
    init(_ values: [String: CommandValue]) { self.values = values }

    /// A string argument.
    package func string(_ name: String) -> String {
        guard case .string(let text) = values[name] else { return "" }
        return text
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
}

extension CommandArguments {
    /// Checks what a caller gave against what a command declares.
    ///
    /// An object names its arguments, an array has them in order, `null` has none. Text that
    /// reads as a number or as `true` or `false` counts as one where one is declared.
    ///
    /// - Throws: `badArguments` with all faults at once.
    init(
        checking given: JSONValue, against declared: [CommandArgument]
    ) throws(CommandError) {
        var named: [String: JSONValue] = [:]
        var faults: [String] = []
        switch given {
        case .null: break
        case .object(let members):
            for member in members {
                if declared.contains(where: { $0.name == member.name }) {
                    named[member.name] = member.value
                } else {
                    faults.append("unknown argument \(member.name)")
                }
            }
        case .array(let elements):
            for (argument, value) in zip(declared, elements) { named[argument.name] = value }
            if elements.count > declared.count {
                faults.append("\(elements.count) arguments given, at most \(declared.count) taken")
            }
        case .bool, .int, .double, .string: faults.append("the arguments must be an object")
        }
        var values: [String: CommandValue] = [:]
        for argument in declared {
            if let value = named[argument.name] {
                values[argument.name] = argument.read(value)
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
        self.init(values)
    }
}

extension CommandArgument {
    fileprivate func read(_ value: JSONValue) -> CommandValue? {
        switch kind {
        case .string: value.string.map { .string($0) }
        case .int: (value.int ?? value.string.flatMap { Int($0) }).map { .int($0) }
        case .bool: (value.bool ?? value.string.flatMap { Bool($0) }).map { .bool($0) }
        case .jid: value.string.flatMap { JID($0) }.map { .jid($0) }
        case .host:
            value.string.flatMap { BareJID(localpart: nil, domainpart: $0) }.map { .host($0) }
        }
    }

    fileprivate func complaint(about value: JSONValue) -> String {
        let wanted =
            switch kind {
            case .string: "a string"
            case .int: "a whole number"
            case .bool: "true or false"
            case .jid: "an address"
            case .host: "a domain name"
            }
        let got =
            switch value {
            case .string where isSecret: value.kindName
            case .string(let text): "\"\(text.prefix(100))\""
            case .null, .bool, .int, .double, .array, .object: value.kindName
            }
        return "argument \(name) must be \(wanted), not \(got)"
    }
}
