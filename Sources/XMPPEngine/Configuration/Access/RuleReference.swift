/// The access rule an option asks for: by name, or written out in its place.
package enum RuleReference: Sendable, Equatable {
    /// A rule of `access_rules`, or the built-in `all` or `none`.
    case named(String)
    case inline(AccessRule)

    package static var all: RuleReference { .named("all") }
    package static var none: RuleReference { .named("none") }
}

extension RuleReference: ExpressibleByStringLiteral {
    package init(stringLiteral name: String) { self = .named(name) }
}

extension RuleReference: OptionValue {
    package static var typeName: String { "the name of an access rule, `all` or `none`" }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> RuleReference? {
        guard case .scalar(let scalar) = node.content else {
            return AccessRule.read(node, with: reader).map { .inline($0) }
        }
        guard !scalar.isEmptyValue, !scalar.text.isEmpty else {
            reader.fail(node, expected: typeName)
            return nil
        }
        reader.mention(.access, scalar.text, at: node.position)
        return .named(scalar.text)
    }

    package var configurationText: String {
        switch self {
        case .named(let name): name
        case .inline(let rule): rule.configurationText
        }
    }
}

/// The traffic limit an option asks for: a shaper or shaper rule by name, a rate, or a rule
/// written out in its place.
package enum ShaperReference: Sendable, Equatable {
    /// A rule of `shaper_rules`, else a shaper of `shaper`, else the built-in `none`.
    case named(String)
    /// Bytes a second.
    case rate(Int)
    case inline(ShaperRule)

    package static var none: ShaperReference { .named("none") }
}

extension ShaperReference: ExpressibleByStringLiteral {
    package init(stringLiteral name: String) { self = .named(name) }
}

extension ShaperReference: OptionValue {
    package static var typeName: String {
        "the name of a shaper or shaper rule, `none`, or bytes a second"
    }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> ShaperReference? {
        guard case .scalar(let scalar) = node.content else {
            return ShaperRule.read(node, with: reader).map { .inline($0) }
        }
        if let rate = Int(scalar.text), rate > 0 { return .rate(rate) }
        guard !scalar.isEmptyValue, !scalar.text.isEmpty, Int(scalar.text) == nil else {
            reader.fail(node, expected: typeName)
            return nil
        }
        reader.mention(.shaperRule, scalar.text, at: node.position)
        return .named(scalar.text)
    }

    package var configurationText: String {
        switch self {
        case .named(let name): name
        case .rate(let rate): String(rate)
        case .inline(let rule): rule.configurationText
        }
    }
}
