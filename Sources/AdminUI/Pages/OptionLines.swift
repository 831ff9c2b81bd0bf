import XMPPConfig
import XMPPEngine

/// Options with their values, to be listed.
struct OptionLines {
    /// Whether options that were not written are listed with their defaults.
    let showsAll: Bool
    /// Part of the names to list, in lower case.
    let text: String

    func lines(
        _ options: [any OptionDeclaration], _ values: OptionValues, below prefix: String = ""
    ) -> [OptionLine] {
        options.compactMap { option in
            let isWritten = values.isWritten(option)
            let name = prefix.isEmpty ? option.name : "\(prefix) · \(option.name)"
            guard showsAll || isWritten, text.isEmpty || name.contains(text) else { return nil }
            let value = option.shownText(in: values)
            return OptionLine(
                name: name, value: isWritten ? .written(value) : .assumed(value),
                summary: Words.plain(option.summary))
        }
    }

    /// The modules of a host, each with its options.
    func lines(
        of host: HostConfiguration, _ declared: [String: [any OptionDeclaration]]
    ) -> [OptionLine] {
        host.modules.sorted { $0.key < $1.key }.flatMap { name, values -> [OptionLine] in
            let options = declared[name] ?? []
            let below = lines(options, values, below: name)
            guard below.isEmpty, text.isEmpty || name.contains(text) else { return below }
            return [OptionLine(name: name, value: .isOn, summary: "with its defaults")]
        }
    }
}

/// An option, or a module of which nothing is written, as the configuration page shows it.
struct OptionLine: Hashable {
    enum Setting: Hashable {
        case written(String)
        case assumed(String)
        case isOn
    }

    let name: String
    let value: Setting
    let summary: String

    static let columns = ["Option", "Value", "Meaning"].map { ConsoleColumn($0) }

    var row: ConsoleRow {
        let shown: ConsoleCell =
            switch value {
            case .written(let text): .code(text)
            case .assumed(let text): .noted(.code(text.isEmpty ? "–" : text), "default")
            case .isOn: .text("on")
            }
        return ConsoleRow([.code(name), shown, .text(summary)])
    }
}

extension OptionDeclaration {
    /// The value for people to read; secrets are not shown.
    func shownText(in values: OptionValues) -> String {
        let isSecret =
            ["password", "secret", "token"].contains { name.contains($0) }
            && name != "auth_password_format"
        return isSecret && values.isWritten(self) ? "••••••" : text(in: values)
    }
}
