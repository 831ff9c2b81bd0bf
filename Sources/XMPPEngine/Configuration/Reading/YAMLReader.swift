import Yams

/// Reads YAML into nodes.
///
/// Every key that is given twice is told, not only the first.
struct YAMLReader {
    /// The deepest nesting that is read.
    static let depthMax = 64
    /// The most nodes of a document, each use of an alias counted.
    static let nodesMax = 200_000
    /// Repeated keys that are told of one document.
    private static let repeatsMax = 50
    /// Marks the first of two equal keys while the rest is read; of the private use area.
    private static let mark = "\u{E0D0}\u{E0D1}"

    let file: String
    let reader: OptionReader
    private var nodeCount = 0

    /// The document in a text; `nil` after telling the reader what is wrong with its syntax.
    ///
    /// An empty document is an empty map.
    static func read(_ text: String, file: String, with reader: OptionReader) -> ConfigurationNode?
    {
        var yaml = YAMLReader(file: file, reader: reader)
        let start = SourcePosition(file: file, line: 1, column: 1)
        guard let root = yaml.compose(text) else { return nil }
        guard let node = root else { return ConfigurationNode(.map([]), at: start) }
        return yaml.convert(node, depth: 0)
    }

    private init(file: String, reader: OptionReader) {
        self.file = file
        self.reader = reader
    }

    // MARK: syntax

    private func compose(_ text: String) -> Node?? {
        var text = text
        for _ in 0...Self.repeatsMax {
            do {
                let parser = try Parser(
                    yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
                return .some(try parser.singleRoot())
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let key = keys.first,
                    let marked = Self.marking(key, at: context.mark, in: text)
                else {
                    tell("a key is given twice", line: context.mark.line)
                    return nil
                }
                text = marked
            } catch let error as YamlError {
                tell(error)
                return nil
            } catch {
                tell("cannot be read", line: 1)
                return nil
            }
        }
        tell("more than \(Self.repeatsMax) keys are given twice", line: 1)
        return nil
    }

    private func tell(_ message: String, line: Int, column: Int = 1) {
        reader.fail(at: SourcePosition(file: file, line: line, column: column), message)
    }

    private func tell(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            tell("not valid YAML: \(problem)\(place)", line: mark.line, column: mark.column)
        case .reader(let problem, let offset, _, let yaml):
            let read = yaml.prefix(offset ?? 0)
            let line = read.unicodeScalars.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
            tell("not valid YAML: \(problem)", line: line)
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded,
            .duplicatedKeysInMapping:
            tell("cannot be read as YAML", line: 1)
        }
    }

    /// The text with the key at a place marked, so that it no longer equals its namesake.
    private static func marking(_ key: String, at mark: Mark, in text: String) -> String? {
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        var (line, column) = (1, 1)
        while index < scalars.endIndex, (line, column) < (mark.line, mark.column) {
            let isBreak = scalars[index] == "\n"
            (line, column) = isBreak ? (line + 1, 1) : (line, column + 1)
            index = scalars.index(after: index)
        }
        if index < scalars.endIndex, scalars[index] == "\"" || scalars[index] == "'" {
            index = scalars.index(after: index)
        }
        guard line == mark.line, text[index...].hasPrefix(key) else { return nil }
        return text[..<index] + Self.mark + text[index...]
    }

    // MARK: conversion

    private mutating func convert(_ node: Node, depth: Int) -> ConfigurationNode? {
        let position = place(of: node)
        nodeCount += 1
        guard depth <= Self.depthMax, nodeCount <= Self.nodesMax else {
            let limit =
                depth > Self.depthMax
                ? "nested deeper than \(Self.depthMax) levels" : "has more values than are read"
            reader.fail(at: position, limit)
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return ConfigurationNode(
                text: scalar.string, isQuoted: Self.isQuoted(scalar), at: position)
        case .sequence(let sequence):
            var items: [ConfigurationNode] = []
            for (index, item) in sequence.enumerated() {
                let converted = reader.within(item: index) { convert(item, depth: depth + 1) }
                guard let converted else { return nil }
                items.append(converted)
            }
            return ConfigurationNode(.list(items), at: position)
        case .mapping(let mapping):
            return convert(mapping, at: position, depth: depth)
        case .alias:
            reader.fail(at: position, "an alias without its anchor")
            return nil
        }
    }

    private mutating func convert(
        _ mapping: Node.Mapping, at position: SourcePosition, depth: Int
    ) -> ConfigurationNode? {
        var entries: [ConfigurationNode.Entry] = []
        var places: [String: Int] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                reader.fail(at: place(of: key), "a key must be text")
                return nil
            }
            let name = scalar.string.replacing(Self.mark, with: "")
            let keyPosition = place(of: key)
            let node = reader.within(name) { () -> ConfigurationNode? in
                if let place = places[name] {
                    let line = entries[place].keyPosition.line
                    reader.fail(at: keyPosition, "is given twice, first on line \(line)")
                }
                return convert(value, depth: depth + 1)
            }
            guard let node else { return nil }
            if let place = places[name] {
                entries[place].value = entries[place].value.united(with: node)
                continue
            }
            places[name] = entries.count
            entries.append(
                ConfigurationNode.Entry(key: name, keyPosition: keyPosition, value: node))
        }
        return ConfigurationNode(.map(entries), at: position)
    }

    /// Whether a scalar is text and nothing else.
    ///
    /// In single quotes it may name a macro, as in the configurations that Debian ships.
    private static func isQuoted(_ scalar: Node.Scalar) -> Bool {
        switch scalar.style {
        case .plain, .any: false
        case .singleQuoted:
            scalar.string.isEmpty
                || !scalar.string.utf8.allSatisfy { byte in
                    (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
                }
        case .doubleQuoted, .literal, .folded: true
        }
    }

    private func place(of node: Node) -> SourcePosition {
        SourcePosition(file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
    }
}
