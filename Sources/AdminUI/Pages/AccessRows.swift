import XMPPConfig
import XMPPEngine

/// ACLs, access rules and shapers as they hold, as tables.
struct AccessRows {
    let access: AccessControl
    /// Part of the names to list, in lower case.
    let text: String

    private static let columns = ["Name", "Value", "Holds for"].map { ConsoleColumn($0) }

    /// One table a kind; kinds that nothing is said of are left out.
    var tables: [ConsoleTable] {
        [
            table("acl", "ACLs", rows(\.acls) { $0.map(\.shownText) }),
            table("access_rules", "Access rules", rows(\.access) { $0.clauses.map(\.shownText) }),
            table("shaper", "Shapers", shapers),
            table(
                "shaper_rules", "Shaper rules",
                rows(\.shaperRules) { $0.clauses.map(\.shownText) }),
        ].filter { !$0.rows.isEmpty }
    }

    private func table(_ id: String, _ title: String, _ rows: [ConsoleRow]) -> ConsoleTable {
        ConsoleTable(id, title, columns: Self.columns, rows: rows)
    }

    private func row(_ name: String, _ lines: [String], _ place: String) -> ConsoleRow? {
        guard text.isEmpty || name.lowercased().contains(text) else { return nil }
        return ConsoleRow([.code(name), .list(lines.map { .code($0) }), .text(place)])
    }

    /// What the server has, then what hosts have in its place.
    private func rows<Value: Equatable>(
        _ part: KeyPath<AccessControl.Rules, [String: Value]>, _ lines: (Value) -> [String]
    ) -> [ConsoleRow] {
        let common = access.server[keyPath: part]
        var rows = common.sorted { $0.key < $1.key }.compactMap {
            row($0.key, lines($0.value), "the server")
        }
        for (host, rules) in access.perHost.sorted(by: { $0.key < $1.key }) {
            rows += rules[keyPath: part].sorted { $0.key < $1.key }
                .filter { common[$0.key] != $0.value }
                .compactMap { row($0.key, lines($0.value), host) }
        }
        return rows
    }

    private var shapers: [ConsoleRow] {
        access.shapers.sorted { $0.key < $1.key }.compactMap { name, limit in
            row(name, [limit.bound?.shownText ?? "no limit"], "the server")
        }
    }
}

extension Shaper {
    fileprivate var shownText: String {
        let rate = "\(bytesPerSecond) bytes a second"
        return burstBytes == bytesPerSecond ? rate : "\(rate), \(burstBytes) at once"
    }
}

extension AccessRule.Clause {
    fileprivate var shownText: String {
        "\(allows ? "allow" : "deny"): \(conditions.map(\.shownText).joined(separator: " and "))"
    }
}

extension ShaperRule.Clause {
    fileprivate var shownText: String {
        "\(value.shownText): \(conditions.map(\.shownText).joined(separator: " and "))"
    }
}

extension ShaperValue {
    fileprivate var shownText: String {
        switch self {
        case .number(let number): "\(number)"
        case .shaper(let name): name
        case .unlimited: "no limit"
        }
    }
}

extension AccessCondition {
    fileprivate var shownText: String {
        switch self {
        case .acl(let name): name
        case .oneOf(let matches): matches.map(\.shownText).joined(separator: " or ")
        }
    }
}

extension ACLMatch {
    /// The criterion in the words of the configuration.
    fileprivate var shownText: String {
        switch self {
        case .ip(let network): "ip \(network)"
        case .user(let user, let domain): "user \(user)\(Self.at(domain))"
        case .userPattern(let pattern, let domain):
            pattern.text.isEmpty
                ? "any user\(Self.at(domain))" : "user_regexp \(pattern.text)\(Self.at(domain))"
        case .server(let domain): "server \(domain)"
        case .serverPattern(let pattern): "server \(pattern.text)"
        case .resource(let resource): "resource \(resource)"
        case .resourcePattern(let pattern): "resource \(pattern.text)"
        case .nodePattern(let user, let server): "user \(user.text)@\(server.text)"
        }
    }

    private static func at(_ domain: String?) -> String { domain.map { "@\($0)" } ?? "" }
}
