/// One file named by `include_config_file`, and which of its options count.
struct Inclusion {
    let path: String
    let position: SourcePosition
    private var allowed: [String]?
    private var disallowed: [String] = []

    private static let allowOnly = Option<[String]>(
        "allow_only", default: [], as: .listOrSingle(of: .any), "The options that count.")
    private static let disallow = Option<[String]>(
        "disallow", default: [], as: .listOrSingle(of: .any), "Options that do not count.")

    /// Reads a path, a map of paths to options, or a list of both.
    static func read(_ node: ConfigurationNode, with reader: OptionReader) -> [Inclusion] {
        switch node.content {
        case .scalar(let scalar) where !scalar.isEmptyValue && !scalar.text.isEmpty:
            return [Inclusion(path: scalar.text, position: node.position)]
        case .list(let items):
            return items.enumerated().flatMap { index, item in
                item.items == nil ? reader.within(item: index) { read(item, with: reader) } : []
            }
        case .map(let entries):
            return entries.compactMap { entry in
                reader.within(entry.key) { inclusion(entry, with: reader) }
            }
        case .scalar:
            reader.fail(node, expected: "the path of a file")
            return []
        }
    }

    private init(path: String, position: SourcePosition) {
        self.path = path
        self.position = position
    }

    private static func inclusion(
        _ entry: ConfigurationNode.Entry, with reader: OptionReader
    ) -> Inclusion? {
        let options = OptionGroup.read(entry.value, options: [allowOnly, disallow], with: reader)
        guard let options else { return nil }
        var inclusion = Inclusion(path: entry.key, position: entry.keyPosition)
        if options.isWritten(allowOnly) { inclusion.allowed = options[allowOnly] }
        inclusion.disallowed = options[disallow]
        return inclusion
    }

    /// Whether an option of the included file counts; one that does not is a warning.
    func accepts(_ option: String, with reader: OptionReader) -> Bool {
        let isAccepted =
            !disallowed.contains(option) && (allowed.map { $0.contains(option) } ?? true)
        if !isAccepted {
            reader.report.warn(
                at: position, path: reader.path,
                "`\(option.shortened)` of the included file is not allowed here and ignored")
        }
        return isAccepted
    }
}
