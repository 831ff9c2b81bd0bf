import ControlProtocol
import XMPPCore
import XMPPEngine

/// The form of a declared command: what is given stands fixed, the rest is asked for.
struct CommandForm {
    /// What people write to each other in more characters than this gets some lines.
    private static let lineMax = 1000

    let command: Command
    /// Arguments that are not asked for.
    var given: [String: String]
    /// What was typed before, when the form comes again; secrets are not kept.
    var typed: [String: String] = [:]
    var title: String
    var label: String
    var tone: ConsoleTone
    let back: String
    var error: String?

    func view(base: String, hosts: [String]) -> View {
        var view: View = [
            "title": title, "label": label, "tone": tone.rawValue, "back": back,
            "summary": Words.plain(command.summary), "command": command.name,
            "action": "\(base)/run/\(command.name)", "cancel": "\(base)/\(back)",
            "given": command.arguments.compactMap { argument in
                given[argument.name].map { value in
                    [
                        "name": "a-" + argument.name, "label": Words.title(argument.name),
                        "value": value,
                    ] as View
                }
            },
            "fields": command.arguments.filter { given[$0.name] == nil }
                .map { field($0, hosts: hosts) },
        ]
        // Sent back with a form that failed, so that it looks the same again.
        view["fixed"] = given.keys.sorted().joined(separator: ",")
        if let error { view["error"] = error }
        return view
    }

    private func field(_ argument: CommandArgument, hosts: [String]) -> View {
        let value = typed[argument.name] ?? argument.fallback.map(Self.text) ?? ""
        var view: View = [
            "name": "a-" + argument.name, "label": Words.title(argument.name),
            "hint": Words.plain(argument.summary), "isRequired": Self.isRequired(argument),
            "id": "f-\(command.name)-\(argument.name)",
        ]
        switch argument.kind {
        case .bool:
            view["hasChoices"] = true
            view["choices"] = Self.choices(["false": "No", "true": "Yes"], chosen: value)
        case .host where !hosts.isEmpty:
            view["hasChoices"] = true
            view["choices"] = hosts.map {
                ["value": $0, "label": $0, "isChosen": $0 == value] as View
            }
        case .string where !argument.choices.isEmpty:
            view["hasChoices"] = true
            view["choices"] = argument.choices.map {
                ["value": $0, "label": $0, "isChosen": $0 == value] as View
            }
        case .string
        where argument.isPrivate && !argument.isSecret
            && argument.length.upperBound > Self.lineMax:
            view["area"] =
                ["value": value, "most": String(argument.length.upperBound)] as View
        case .string, .int, .jid, .host, .network, .user, .strings:
            let type = argument.isSecret ? "password" : argument.kind == .int ? "number" : "text"
            view["input"] =
                [
                    "type": type, "value": argument.isSecret ? "" : value,
                    "completion": argument.isSecret ? "new-password" : "off",
                ] as View
        }
        return view
    }

    /// Whether a browser may refuse to send the field empty; the command has the last word.
    private static func isRequired(_ argument: CommandArgument) -> Bool {
        guard argument.fallback == nil else { return false }
        return argument.kind != .string || argument.isSecret || !argument.length.contains(0)
    }

    private static func choices(_ words: [String: String], chosen: String) -> [View] {
        words.sorted { $0.key < $1.key }.map {
            ["value": $0.key, "label": $0.value, "isChosen": $0.key == chosen] as View
        }
    }

    /// A value as it is typed.
    private static func text(_ value: CommandValue) -> String {
        switch value.json {
        case .string(let text): text
        case .array(let parts): parts.compactMap(\.string).joined(separator: ";")
        case .null: ""
        case .bool, .int, .double, .object: value.json.description
        }
    }
}
