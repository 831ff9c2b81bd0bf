extension AccessRule: OptionValue {
    package static var typeName: String { "an access rule (`allow: admin`)" }

    /// Reads a map of `allow` and `deny`, or a list of such maps and of the bare words.
    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> AccessRule? {
        guard let lines = RuleReading.lines(of: node), !lines.isEmpty else {
            reader.fail(node, expected: "`allow: NAME`, `deny: NAME` or a list of such")
            return nil
        }
        var clauses: [Clause] = []
        for line in lines {
            guard line.key == "allow" || line.key == "deny" else {
                reader.fail(
                    at: line.position, "expected `allow` or `deny`, found `\(line.key.shortened)`",
                    suggestion: NearestName.to(line.key, among: ["allow", "deny"]))
                continue
            }
            let conditions = reader.within(line.key) {
                RuleReading.conditions(line.value, with: reader)
            }
            guard let conditions else { continue }
            clauses.append(Clause(allows: line.key == "allow", conditions: conditions))
        }
        return clauses.count == lines.count ? AccessRule(clauses) : nil
    }

    package var configurationText: String {
        "[" + clauses.map { $0.allows ? "allow" : "deny" }.joined(separator: ", ") + "]"
    }
}

extension ShaperRule: OptionValue {
    package static var typeName: String { "a shaper rule (`normal: all`)" }

    /// Reads a value for all, a map of values to who gets them, or a list of both.
    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> ShaperRule? {
        guard let lines = RuleReading.lines(of: node, includingScalar: true), !lines.isEmpty else {
            reader.fail(node, expected: "a number, a shaper, or a list of `VALUE: WHO`")
            return nil
        }
        var clauses: [Clause] = []
        for line in lines {
            let value = reader.within(line.key) { RuleReading.shaperValue(line, with: reader) }
            let conditions = reader.within(line.key) {
                RuleReading.conditions(line.value, with: reader)
            }
            guard let value, let conditions else { continue }
            clauses.append(Clause(value: value, conditions: conditions))
        }
        return clauses.count == lines.count ? ShaperRule(clauses) : nil
    }

    package var configurationText: String {
        let values = clauses.map { clause in
            switch clause.value {
            case .number(let number): String(number)
            case .shaper(let name): name
            case .unlimited: "none"
            }
        }
        return values.joined(separator: ", ")
    }
}

/// What access rules and shaper rules have in common: lines of an answer and who gets it.
enum RuleReading {
    struct Line {
        let key: String
        let position: SourcePosition
        /// Who gets it; `nil` for everybody.
        let value: ConfigurationNode?
    }

    /// The lines of a rule in order; `nil` when it has the wrong shape.
    static func lines(
        of node: ConfigurationNode, includingScalar: Bool = false, depth: Int = 0
    ) -> [Line]? {
        switch node.content {
        case .map(let entries):
            return entries.map { Line(key: $0.key, position: $0.keyPosition, value: $0.value) }
        case .list(let items) where depth < 4:
            var lines: [Line] = []
            for item in items {
                guard
                    let inner = Self.lines(of: item, includingScalar: true, depth: depth + 1)
                else { return nil }
                lines += inner
            }
            return lines
        case .scalar(let scalar) where includingScalar && !scalar.isEmptyValue:
            return [Line(key: scalar.text, position: node.position, value: nil)]
        case .scalar, .list:
            return nil
        }
    }

    /// Reads who a line is for: an ACL's name, criteria, or a list of both, all of which must hold.
    static func conditions(
        _ node: ConfigurationNode?, with reader: OptionReader
    ) -> [AccessCondition]? {
        guard let node else { return [.acl("all")] }
        switch node.content {
        case .scalar(let scalar) where !scalar.isEmptyValue && !scalar.text.isEmpty:
            reader.mention(.acl, scalar.text, at: node.position)
            return [.acl(scalar.text)]
        case .map(let entries) where !entries.isEmpty:
            var conditions: [AccessCondition] = []
            for entry in entries {
                guard let found = condition(entry, with: reader) else { return nil }
                conditions.append(found)
            }
            return conditions
        case .list(let items) where !items.isEmpty:
            return reader.readAll(items) { conditions($0, with: reader) }?.flatMap { $0 }
        case .scalar, .map, .list:
            reader.fail(node, expected: "the name of an ACL, criteria, or a list of both")
            return nil
        }
    }

    private static func condition(
        _ entry: ConfigurationNode.Entry, with reader: OptionReader
    ) -> AccessCondition? {
        guard entry.key == "acl" else {
            return ACLReading.criterion(entry, with: reader).map { .oneOf($0) }
        }
        return reader.within("acl") {
            guard let name = String.read(entry.value, with: reader) else { return nil }
            reader.mention(.acl, name, at: entry.value.position)
            return .acl(name)
        }
    }

    static func shaperValue(_ line: Line, with reader: OptionReader) -> ShaperValue? {
        if let number = Int(line.key) {
            guard number > 0 else {
                reader.fail(at: line.position, "expected a number above 0, found `\(line.key)`")
                return nil
            }
            return .number(number)
        }
        switch line.key {
        case "none", "infinity", "infinite", "unlimited": return .unlimited
        case let name:
            reader.mention(.shaper, name, at: line.position)
            return .shaper(name)
        }
    }
}

extension Limit where Bound == Shaper {
    /// Reads a shaper: bytes a second, `infinity`, or `{rate: …, burst_size: …}`.
    static func readShaper(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> Limit<Shaper>? {
        guard case .map(let entries) = node.content else {
            let type = OptionType<Limit<Int>>.only("bytes a second above 0, or `infinity`") {
                $0 > 0
            }
            guard let rate = type.read(node, reader) else { return nil }
            return rate.bound.map { .at(Shaper(bytesPerSecond: $0)) } ?? .infinity
        }
        let positive = OptionType<Int>.only("a whole number above 0") { $0 > 0 }
        var numbers: [String: Int] = [:]
        for entry in entries {
            guard entry.key == "rate" || entry.key == "burst_size" else {
                reader.fail(
                    at: entry.keyPosition, "there is no `\(entry.key.shortened)` in a shaper",
                    suggestion: NearestName.to(entry.key, among: ["rate", "burst_size"]))
                return nil
            }
            numbers[entry.key] = reader.within(entry.key) { positive.read(entry.value, reader) }
        }
        guard entries.allSatisfy({ numbers[$0.key] != nil }) else { return nil }
        guard let rate = numbers["rate"] else {
            reader.fail(node, "a shaper needs a `rate`")
            return nil
        }
        return .at(Shaper(bytesPerSecond: rate, burstBytes: numbers["burst_size"]))
    }
}
