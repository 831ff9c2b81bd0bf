/// A span of time: a plain number of seconds, or a number and a unit (`30 seconds`, `5 min`).
extension Duration: OptionValue {
    package static var typeName: String { "a duration (`30 seconds`, `5 min`, `2 h`)" }

    /// The longest span an option takes, about ten thousand years.
    private static let secondsMax: Int64 = 315_360_000_000

    package static func read(_ node: ConfigurationNode, with reader: OptionReader) -> Duration? {
        reader.value(of: node) { Duration(configurationText: $0) }
    }

    /// Reads `30`, `30s`, `30 seconds`, `5 min`, `1 hour`, `7 days`, `250 ms`.
    package init?(configurationText text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...].drop { $0 == " " }
        guard let count = Int64(digits), count <= Self.secondsMax else { return nil }
        switch unit.lowercased() {
        case "ms", "msec", "msecs", "millisec", "millisecs", "millisecond", "milliseconds":
            self = .milliseconds(count)
            return
        case let unit:
            guard let factor = Self.seconds(in: unit) else { return nil }
            let (seconds, hasOverflown) = count.multipliedReportingOverflow(by: factor)
            guard !hasOverflown, seconds <= Self.secondsMax else { return nil }
            self = .seconds(seconds)
        }
    }

    private static func seconds(in unit: String) -> Int64? {
        switch unit {
        case "", "s", "sec", "secs", "second", "seconds": 1
        case "m", "min", "mins", "minute", "minutes": 60
        case "h", "hour", "hours": 3600
        case "d", "day", "days": 86_400
        case _: nil
        }
    }

    /// Seconds; what is less than one is left out.
    package var wholeSeconds: Int { Int(clamping: components.seconds) }

    package var configurationText: String {
        let (seconds, attoseconds) = components
        guard attoseconds == 0 else {
            return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000) ms"
        }
        let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        let unit = units.first { seconds > 0 && seconds % $0.0 == 0 } ?? (1, "second")
        let count = seconds / unit.0
        return "\(count) \(unit.1)\(count == 1 ? "" : "s")"
    }
}
