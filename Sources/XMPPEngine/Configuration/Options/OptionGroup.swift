/// Reads maps whose keys are declared options, strictly: every key must be one of them.
package enum OptionGroup {
    /// Reads a map of declared options.
    ///
    /// - Parameters:
    ///   - node: The map; nothing counts as an empty one.
    ///   - options: The options it may hold.
    ///   - notServed: Names that are known but not served yet: they warn.
    ///   - reader: Where problems go.
    /// - Returns: `nil` after telling the reader of every problem.
    package static func read(
        _ node: ConfigurationNode, options: [any OptionDeclaration],
        notServed: Set<String> = [], with reader: OptionReader
    ) -> OptionValues? {
        guard let entries = node.entries else {
            reader.fail(node, expected: "a map of options")
            return nil
        }
        return read(entries, options: options, notServed: notServed, with: reader)
    }

    static func read(
        _ entries: [ConfigurationNode.Entry], options: [any OptionDeclaration],
        notServed: Set<String> = [], with reader: OptionReader
    ) -> OptionValues? {
        let read = readSound(entries, options: options, notServed: notServed, with: reader)
        return read.isComplete ? read.values : nil
    }

    /// As `read`; what is not sound is told and left out.
    static func readSound(
        _ entries: [ConfigurationNode.Entry], options: [any OptionDeclaration],
        notServed: Set<String> = [], with reader: OptionReader
    ) -> (values: OptionValues, isComplete: Bool) {
        let declared = Dictionary(options.map { ($0.name, $0) }) { first, _ in first }
        var values: [String: any Sendable & Equatable] = [:]
        var isComplete = true
        var seen: [String: Int] = [:]
        for entry in entries {
            reader.within(entry.key) {
                if let line = seen.updateValue(entry.keyPosition.line, forKey: entry.key) {
                    isComplete = false
                    reader.fail(at: entry.keyPosition, "is given twice, first on line \(line)")
                } else if let option = declared[entry.key] {
                    if let value = option.readValue(entry.value, with: reader) {
                        values[entry.key] = value
                    } else {
                        isComplete = false
                    }
                } else if notServed.contains(entry.key) {
                    reader.warnNotServed(at: entry.keyPosition, "option")
                } else {
                    isComplete = false
                    reader.fail(
                        at: entry.keyPosition, "there is no such option",
                        suggestion: NearestName.to(
                            entry.key, among: notServed.union(declared.keys)))
                }
            }
        }
        return (OptionValues(host: reader.host, written: values), isComplete)
    }

    /// An option whose value is a map of other options.
    package static func type(
        of options: [any OptionDeclaration]
    ) -> OptionType<OptionValues> {
        OptionType(
            name: "a map: " + options.map { "`\($0.name)`" }.joined(separator: ", "),
            text: { $0.writtenNames.isEmpty ? "{}" : "{…}" },
            read: { node, reader in read(node, options: options, with: reader) })
    }
}

extension OptionReader {
    /// Says that something of ejabberd's is known and has no effect here yet.
    func warnNotServed(at position: SourcePosition, _ kind: String) {
        report.warn(
            at: position, path: path,
            "ejabberd has this \(kind), Martlet does not serve it yet; it has no effect")
    }
}
