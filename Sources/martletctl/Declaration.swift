import ControlProtocol

/// A command as the server declares it.
struct Declaration {
    struct Argument {
        let name: String
        let type: String
        let summary: String
        /// The default in words, or `nil` for an argument that is required.
        let fallback: String?
        let isSecret: Bool
    }

    let name: String
    let summary: String
    let arguments: [Argument]

    /// `nil` when the JSON declares no command.
    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.name = name
        summary = json["summary"]?.string ?? ""
        arguments = (json["arguments"]?.array ?? []).compactMap { argument in
            guard let name = argument["name"]?.string else { return nil }
            return Argument(
                name: name, type: argument["type"]?.string ?? "string",
                summary: argument["summary"]?.string ?? "",
                fallback: argument["default"].map { $0.string ?? $0.description },
                isSecret: argument["secret"]?.bool ?? false)
        }
    }

    /// How the command is called, as `register USER HOST PASSWORD`.
    var call: String {
        arguments.reduce(name) { call, argument in
            let word = argument.name.uppercased()
            return call + (argument.fallback == nil ? " \(word)" : " [\(word)]")
        }
    }

    /// The call, what the command does, and each argument.
    var help: String {
        var lines = ["Usage: martletctl [OPTION…] \(call)", "", summary]
        if !arguments.isEmpty { lines.append("") }
        let width = arguments.map(\.name.count).max() ?? 0
        for argument in arguments {
            let pad = String(repeating: " ", count: width - argument.name.count)
            let fallback = argument.fallback.map { ", \($0) if left out" } ?? ""
            lines.append(
                "  \(argument.name.uppercased())\(pad)  \(argument.summary)"
                    + " (\(argument.type)\(fallback))")
        }
        return lines.joined(separator: "\n")
    }
}
