/// What `host_config` and `append_host_config` say of each host.
struct HostSections {
    /// The options of one host.
    struct Section {
        /// The host's own entries, those that append joined with what they append to.
        let own: [ConfigurationNode.Entry]
        /// The server's entries with the host's own in their place.
        let merged: TopLevel
        /// What all these come from, each where it stands.
        let pieces: [Piece]

        static let ruleNames: Set<String> = ["acl", "access_rules", "shaper_rules"]

        var changesRules: Bool { own.contains { Self.ruleNames.contains($0.key) } }
    }

    /// Entries that hold for a host, as they were written.
    struct Piece {
        /// The keys that lead to them; none for the server's.
        let place: [String]
        let entries: [ConfigurationNode.Entry]
    }

    private let top: TopLevel
    private var replacing: [String: [ConfigurationNode.Entry]] = [:]
    private var appending: [String: [ConfigurationNode.Entry]] = [:]
    private let reader: OptionReader

    init(_ top: TopLevel, hosts: [String], with reader: OptionReader) {
        self.top = top
        self.reader = reader
        replacing = Self.read(top["host_config"], hosts, reader)
        appending = Self.read(top["append_host_config"], hosts, reader)
    }

    func section(of host: String) -> Section {
        var own = replacing[host] ?? []
        for entry in appending[host] ?? [] {
            let index = own.firstIndex { $0.key == entry.key }
            guard let base = index.map({ own[$0] }) ?? top[entry.key] else {
                own.append(entry)
                continue
            }
            var joined = entry
            reader.within(path: ["append_host_config", host, entry.key]) {
                joined.value = entry.value.joined(after: base.value, reader)
            }
            if let index {
                own[index] = joined
            } else {
                own.append(joined)
            }
        }
        let names = Set(own.map(\.key))
        return Section(
            own: own, merged: TopLevel(own + top.entries.filter { !names.contains($0.key) }),
            pieces: pieces(of: host))
    }

    private func pieces(of host: String) -> [Piece] {
        let replaced = replacing[host] ?? []
        let names = Set(replaced.map(\.key))
        return [
            Piece(place: [], entries: top.entries.filter { !names.contains($0.key) }),
            Piece(place: ["host_config", host], entries: replaced),
            Piece(place: ["append_host_config", host], entries: appending[host] ?? []),
        ]
    }

    private static func read(
        _ entry: ConfigurationNode.Entry?, _ hosts: [String], _ reader: OptionReader
    ) -> [String: [ConfigurationNode.Entry]] {
        guard let entry else { return [:] }
        var sections: [String: [ConfigurationNode.Entry]] = [:]
        reader.within(entry.key) {
            guard let entries = entry.value.entries else {
                reader.fail(entry.value, expected: "a map of hosts to options")
                return
            }
            for section in entries {
                reader.within(section.key) {
                    guard let host = DomainName(section.key)?.text, hosts.contains(host) else {
                        reader.fail(
                            at: section.keyPosition, "is not one of `hosts`",
                            suggestion: NearestName.to(section.key, among: hosts))
                        return
                    }
                    guard let options = section.value.entries else {
                        reader.fail(section.value, expected: "a map of options")
                        return
                    }
                    sections[host, default: []] += check(options, reader)
                }
            }
        }
        return sections
    }

    /// Leaves out options that hold for the whole server, and tells of them.
    private static func check(
        _ options: [ConfigurationNode.Entry], _ reader: OptionReader
    ) -> [ConfigurationNode.Entry] {
        options.filter { option in
            let scope =
                StructuralOption.named(option.key)?.scope
                ?? ServerOption.all.first { $0.name == option.key }?.scope
            guard scope == .server else { return true }
            reader.within(option.key) {
                reader.fail(at: option.keyPosition, "holds for the whole server, not for one host")
            }
            return false
        }
    }
}
