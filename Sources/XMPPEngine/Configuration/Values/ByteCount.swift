/// A size in bytes: a plain number, or a number with `KB`, `MB`, `GB` (1000) or `KiB`, `MiB`,
/// `GiB` (1024).
package struct ByteCount: Comparable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    package let bytes: Int

    package init(_ bytes: Int) { self.bytes = bytes }

    package init(integerLiteral value: Int) { bytes = value }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

extension ByteCount: OptionValue {
    package static var typeName: String { "a size in bytes (`65536`, `64 KiB`, `10 MB`)" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> ByteCount? {
        reader.value(of: node) { ByteCount(configurationText: $0) }
    }

    /// Reads `65536`, `64 KiB`, `10MB`; `nil` for anything else and for sizes beyond `Int`.
    package init?(configurationText text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...].drop { $0 == " " }.lowercased()
        guard let count = Int(digits), let factor = Self.factors[unit] else { return nil }
        let (bytes, hasOverflown) = count.multipliedReportingOverflow(by: factor)
        guard !hasOverflown else { return nil }
        self.bytes = bytes
    }

    private static let factors: [String: Int] = [
        "": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
    ]

    package var configurationText: String { String(bytes) }
}

/// A share of a whole, 0 to 100: `80`, `80%`.
package struct Percent: Comparable, Hashable, Sendable, OptionValue {
    package let value: Int

    /// `nil` outside 0 to 100.
    package init?(_ value: Int) {
        guard (0...100).contains(value) else { return nil }
        self.value = value
    }

    package static func < (left: Percent, right: Percent) -> Bool { left.value < right.value }

    package static var typeName: String { "a percentage, 0 to 100" }

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> Percent? {
        let digits = node.text.map { $0.hasSuffix("%") ? String($0.dropLast()) : $0 }
        guard let number = digits.flatMap({ Int($0) }), let percent = Percent(number) else {
            reader.fail(node, expected: typeName)
            return nil
        }
        return percent
    }

    package var configurationText: String { "\(value)%" }
}
