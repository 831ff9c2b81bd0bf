/// Replaces macros (an upper-case word as a whole value) and keywords (`@NAME@` within text).
struct MacroExpansion {
    /// The most values a configuration may have after expansion.
    static let nodesMax = 200_000
    /// Keywords that mean something else for each host; modules replace them.
    static let hostKeywords: Set<String> = ["HOST", "HOST_URL_ENCODE"]

    private let reader: OptionReader
    private var macros: [String: ConfigurationNode] = [:]
    private var keywords: [String: String] = [:]
    private var nodeCount = 0
    private var open: [String] = []
    private var isTooLarge = false

    /// The options with macros replaced, without the definitions themselves.
    static func expand(
        _ entries: [ConfigurationNode.Entry], environment: ConfigurationEnvironment,
        with reader: OptionReader
    ) -> [ConfigurationNode.Entry] {
        var expansion = MacroExpansion(reader: reader)
        expansion.keywords = environment.keywords
        for (name, text) in environment.macros where isName(name) {
            let source = "environment"
            expansion.macros[name] = YAMLReader.read(text, file: source, with: reader)
        }
        for entry in entries { expansion.define(entry) }
        let used = entries.filter { !definitions.contains($0.key) }
        guard !expansion.macros.isEmpty || !expansion.keywords.isEmpty else { return used }
        return used.map { entry in
            var entry = entry
            entry.value = reader.within(entry.key) { expansion.expand(entry.value) }
            return entry
        }
    }

    private static let definitions: Set<String> = ["define_macro", "define_keyword"]

    private init(reader: OptionReader) { self.reader = reader }

    private static func isName(_ text: String) -> Bool {
        text.utf8.first.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } == true
            && text.utf8.allSatisfy {
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "_")
            }
    }

    private mutating func define(_ entry: ConfigurationNode.Entry) {
        guard Self.definitions.contains(entry.key) else { return }
        guard let definitions = entry.value.entries else {
            reader.within(entry.key) {
                reader.fail(entry.value, expected: "a map of upper-case names to values")
            }
            return
        }
        for definition in definitions {
            guard Self.isName(definition.key) else {
                reader.within(entry.key) {
                    reader.fail(
                        at: definition.keyPosition,
                        "`\(definition.key.shortened)` is not upper case, as names here must be")
                }
                continue
            }
            macros[definition.key] = definition.value
            if entry.key == "define_keyword", let text = definition.value.text {
                keywords[definition.key] = text
            }
        }
    }

    private mutating func expand(_ node: ConfigurationNode) -> ConfigurationNode {
        nodeCount += 1
        guard nodeCount <= Self.nodesMax else {
            if !isTooLarge { reader.fail(node, "macros make the configuration too large") }
            isTooLarge = true
            return node
        }
        switch node.content {
        case .scalar(let scalar):
            if !scalar.isQuoted, let value = macros[scalar.text] {
                return expand(macro: scalar.text, value, at: node)
            }
            let text = replacingKeywords(in: scalar.text)
            return ConfigurationNode(text: text, isQuoted: scalar.isQuoted, at: node.position)
        case .list(let items):
            return ConfigurationNode(.list(items.map { expand($0) }), at: node.position)
        case .map(let entries):
            let expanded = entries.map { entry in
                var entry = entry
                entry.value = expand(entry.value)
                return entry
            }
            return ConfigurationNode(.map(expanded), at: node.position)
        }
    }

    /// The value of a macro, at the place where it is used.
    private mutating func expand(
        macro name: String, _ value: ConfigurationNode, at node: ConfigurationNode
    ) -> ConfigurationNode {
        guard !open.contains(name) else {
            let circle = (open.drop { $0 != name } + [name]).joined(separator: " → ")
            reader.fail(node, "macros use each other in a circle: \(circle)")
            return node
        }
        open.append(name)
        defer { open.removeLast() }
        return ConfigurationNode(expand(value).content, at: node.position)
    }

    private func replacingKeywords(in text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        return keywords.filter { !Self.hostKeywords.contains($0.key) }
            .sorted { $0.key < $1.key }
            .reduce(text) { $0.replacing(keyword: $1.key, with: $1.value) }
    }
}
