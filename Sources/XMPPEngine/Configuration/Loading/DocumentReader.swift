import Glibc

/// How a configuration is written.
package enum ConfigurationLanguage: Sendable {
    case yaml
    /// Classic Erlang terms.
    case terms

    /// By the name of a file: `.cfg` is Erlang, everything else YAML.
    init(path: String) { self = path.hasSuffix(".cfg") ? .terms : .yaml }
}

/// Reads a file and what it includes into one list of options.
struct DocumentReader {
    static let filesMax = 100
    static let includeDepthMax = 16

    let reader: OptionReader
    /// Every file that was read, the main one first.
    private(set) var files: [String] = []

    init(reader: OptionReader) { self.reader = reader }

    /// The options of a file and of those it includes; problems go to the reader.
    mutating func entries(of path: String) -> [ConfigurationNode.Entry] {
        entries(of: path, askedAt: SourcePosition(file: path), chain: [])
    }

    /// The options of a text, as if it were a file of that name.
    mutating func entries(
        in text: String, named path: String, language: ConfigurationLanguage
    ) -> [ConfigurationNode.Entry] {
        files.append(path)
        return resolveIncludes(
            parse(text, file: path, language: language), from: path, chain: [path])
    }

    private mutating func entries(
        of path: String, askedAt position: SourcePosition, chain: [String]
    ) -> [ConfigurationNode.Entry] {
        let identity = Self.realPath(path)
        guard !chain.contains(identity) else {
            let circle = (chain.drop { $0 != identity } + [identity]).joined(separator: " → ")
            fail(at: position, "files include each other in a circle: \(circle)")
            return []
        }
        guard chain.count < Self.includeDepthMax, files.count < Self.filesMax else {
            fail(at: position, "more files are included than are read")
            return []
        }
        do {
            let text = try SourceFile.text(of: path, askedAt: position)
            files.append(path)
            let entries = parse(text, file: path, language: ConfigurationLanguage(path: path))
            return resolveIncludes(entries, from: path, chain: chain + [identity])
        } catch {
            if error.position == position {
                fail(at: position, error.message)
            } else {
                reader.fail(at: error.position, error.message)
            }
            return []
        }
    }

    /// Tells of a file that cannot be had, at the line that asks for it.
    private func fail(at position: SourcePosition, _ message: String) {
        let path = position.line > 0 ? "include_config_file" : ""
        reader.report.add(ConfigurationError(at: position, path: path, message))
    }

    private static func realPath(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private func parse(
        _ text: String, file: String, language: ConfigurationLanguage
    ) -> [ConfigurationNode.Entry] {
        switch language {
        case .yaml:
            guard let root = YAMLReader.read(text, file: file, with: reader) else { return [] }
            guard let entries = root.entries else {
                reader.fail(root, expected: "options (`hosts: […]`) at the top of the file")
                return []
            }
            return entries
        case .terms:
            do {
                return ErlangTranslation.entries(
                    of: try ErlangTermReader.terms(in: text, file: file), with: reader)
            } catch {
                reader.fail(at: error.position, error.message)
                return []
            }
        }
    }

    // MARK: include_config_file

    private mutating func resolveIncludes(
        _ entries: [ConfigurationNode.Entry], from path: String, chain: [String]
    ) -> [ConfigurationNode.Entry] {
        var merged = entries.filter { $0.key != "include_config_file" }
        for entry in entries where entry.key == "include_config_file" {
            let inclusions = reader.within(entry.key) {
                Inclusion.read(entry.value, with: reader)
            }
            for inclusion in inclusions {
                let target = Self.resolve(inclusion.path, against: path)
                let included = self.entries(
                    of: target, askedAt: inclusion.position, chain: chain)
                merge(included.filter { inclusion.accepts($0.key, with: reader) }, into: &merged)
            }
        }
        return merged
    }

    /// A relative path is relative to the file that names it.
    private static func resolve(_ path: String, against file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    /// Joins lists and maps that stand in both; anything else may stand in one file only.
    private func merge(
        _ added: [ConfigurationNode.Entry], into merged: inout [ConfigurationNode.Entry]
    ) {
        for entry in added {
            guard let index = merged.firstIndex(where: { $0.key == entry.key }) else {
                merged.append(entry)
                continue
            }
            reader.within(entry.key) {
                merged[index].value = entry.value.joined(after: merged[index].value, reader)
            }
        }
    }
}

extension ConfigurationNode {
    /// This list or map behind another; a key in both, or two plain values, is a problem.
    func joined(after first: ConfigurationNode, _ reader: OptionReader) -> ConfigurationNode {
        switch (first.content, content) {
        case (.list(let left), .list(let right)):
            return ConfigurationNode(.list(left + right), at: first.position)
        case (.map(let left), .map(let right)):
            for entry in right {
                guard let same = left.first(where: { $0.key == entry.key }) else { continue }
                reader.within(entry.key) {
                    reader.fail(at: entry.keyPosition, "is given in \(same.keyPosition) too")
                }
            }
            return ConfigurationNode(.map(left + right), at: first.position)
        case (_, _):
            reader.fail(self, "is given in \(first.position) too")
            return first
        }
    }
}
