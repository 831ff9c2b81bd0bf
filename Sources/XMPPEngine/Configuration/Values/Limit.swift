/// A bound, or none: what an option that also takes `infinity` holds.
package enum Limit<Bound: Sendable & Equatable>: Sendable, Equatable {
    case at(Bound)
    case infinity

    /// The bound; `nil` for infinity.
    package var bound: Bound? {
        switch self {
        case .at(let bound): bound
        case .infinity: nil
        }
    }
}

extension Limit: OptionValue where Bound: OptionValue {
    package static var typeName: String { "\(Bound.typeName), or `infinity`" }

    package static func read(
        _ node: ConfigurationNode, with reader: OptionReader
    ) -> Limit<Bound>? {
        switch node.text {
        case "infinity", "infinite", "unlimited": .infinity
        case _: Bound.read(node, with: reader).map { .at($0) }
        }
    }

    package var configurationText: String { bound?.configurationText ?? "infinity" }
}

extension Limit: Comparable where Bound: Comparable {
    /// Infinity is above every bound.
    package static func < (left: Limit, right: Limit) -> Bool {
        switch (left, right) {
        case (.at(let left), .at(let right)): left < right
        case (.at, .infinity): true
        case (.infinity, .at), (.infinity, .infinity): false
        }
    }
}

extension Limit: ExpressibleByIntegerLiteral where Bound == Int {
    package init(integerLiteral value: Int) { self = .at(value) }
}
