extension SourceFile {
    private static let typeWords: Set<Substring> = [
        "struct", "class", "enum", "actor", "protocol", "typealias",
    ]
    private static let functionWords: Set<Substring> = ["func", "init", "deinit", "subscript"]
    private static let modifiers: Set<Substring> = [
        "package", "private", "fileprivate", "static", "final", "override", "mutating",
        "nonmutating", "convenience", "required", "indirect", "nonisolated", "unsafe", "borrowing",
        "consuming", "weak", "unowned", "lazy", "class",
    ]

    /// The modifiers of a line, and the words that come after them.
    private func declaration(_ index: Int) -> (modifiers: [Substring], rest: ArraySlice<Substring>)
    {
        var words = code[index].words[...]
        var found: [Substring] = []
        if code[index].trimmed.hasPrefix("@") {
            while let word = words.first, !Self.modifiers.contains(word),
                !Self.typeWords.contains(word), !Self.functionWords.contains(word), word != "var",
                word != "let"
            {
                words.removeFirst()
            }
        }
        while let word = words.first, Self.modifiers.contains(word) {
            // `class` is a modifier only in front of a member.
            if word == "class", words.dropFirst().first?.first?.isUppercase == true { break }
            found.append(word)
            words.removeFirst()
        }
        return (found, words)
    }

    /// Types that the file declares, with whether others can name them without naming another type.
    var types: [(name: Substring, isTopLevel: Bool)] {
        code.indices.compactMap { index in
            let (modifiers, rest) = declaration(index)
            guard let word = rest.first, Self.typeWords.contains(word),
                let name = rest.dropFirst().first
            else { return nil }
            let isPrivate = modifiers.contains("private") || modifiers.contains("fileprivate")
            return (name, code[index].indentation == 0 && !isPrivate)
        }
    }

    /// Where functions begin, with how many lines they have: the formatter puts a closing brace
    /// below the first letter of the line that begins the function.
    var functionLengths: [(index: Int, lines: Int)] {
        code.indices.compactMap { index in
            guard let word = declaration(index).rest.first, Self.functionWords.contains(word),
                !code[index].contains("}")
            else { return nil }
            let indentation = code[index].indentation
            for end in code.indices[(index + 1)...] {
                let line = code[end]
                if line.trimmed.isEmpty || line.hasPrefix("#") { continue }
                if line.indentation > indentation { continue }
                guard line.indentation == indentation else { return nil }
                if line.trimmed.hasPrefix("}") { return (index, end - index + 1) }
                let isSignature = [")", "{", "->", "where"].contains { line.trimmed.hasPrefix($0) }
                guard isSignature else { return nil }
            }
            return nil
        }
    }

    /// `package` types and functions at the top of the file that have no doc comment.
    ///
    /// Members are left to the reader: a rough rule cannot tell what a protocol asks for.
    var undocumented: [Int] {
        code.indices.filter { index in
            guard code[index].indentation == 0 else { return false }
            let (modifiers, rest) = declaration(index)
            guard let word = rest.first, modifiers.contains("package") else { return false }
            let isDeclared = Self.typeWords.contains(word) || word == "func"
            return isDeclared && !hasDocumentation(above: index)
        }
    }

    private func hasDocumentation(above index: Int) -> Bool {
        var index = index - 1
        while index >= 0, ["@", "// "].contains(where: lines[index].trimmed.hasPrefix) {
            index -= 1
        }
        return index >= 0 && lines[index].trimmed.hasPrefix("///")
    }
}
