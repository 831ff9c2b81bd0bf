import XMPPEngine

/// Metrics as text: Prometheus' exposition format 0.0.4, or OpenMetrics 1.0.
struct MetricsText {
    /// Which of the two.
    enum Format: CaseIterable {
        case prometheus, openMetrics

        var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    private let format: Format
    private(set) var text = ""

    /// Writes all the families; a point whose labels another has already is left out.
    init(_ readings: [(family: MetricFamily, points: [MetricPoint])], format: Format) {
        self.format = format
        for (family, points) in readings { append(family, points) }
        if format == .openMetrics { text += "# EOF\n" }
    }

    private mutating func append(_ family: MetricFamily, _ points: [MetricPoint]) {
        describe(family)
        var seen: Set<[String]> = []
        for point in points where point.labels.count == family.labels.count {
            guard seen.insert(point.labels).inserted else { continue }
            let labels = Array(zip(family.labels, point.labels))
            switch point.value {
            case .int(let value): line(family.name + suffix(family), labels, "\(value)")
            case .double(let value):
                line(family.name + suffix(family), labels, Self.number(value))
            case .histogram(let reading): append(reading, family.name, labels)
            }
        }
    }

    private func suffix(_ family: MetricFamily) -> String {
        switch family.kind {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .histogram: ""
        }
    }

    /// OpenMetrics describes the family, Prometheus' older format the sample.
    private mutating func describe(_ family: MetricFamily) {
        let name: String
        let kind: String
        switch format {
        case .openMetrics:
            name = family.name
            kind = family.kind.rawValue
        case .prometheus:
            name = family.name + suffix(family)
            kind = family.kind == .info ? "gauge" : family.kind.rawValue
        }
        text += "# HELP \(name) \(Self.escaped(family.help, quotes: format == .openMetrics))\n"
        text += "# TYPE \(name) \(kind)\n"
        guard format == .openMetrics, !family.unit.isEmpty else { return }
        text += "# UNIT \(name) \(family.unit)\n"
    }

    private mutating func append(
        _ reading: LatencyReading, _ name: String, _ labels: [(String, String)]
    ) {
        var sum = 0
        for (index, count) in reading.buckets.enumerated() {
            sum += count
            let isLast = index >= Latency.bounds.count
            let bound = isLast ? "+Inf" : Self.number(Double(Latency.bounds[index]) / 1e9)
            line(name + "_bucket", labels + [("le", bound)], "\(sum)")
        }
        line(name + "_sum", labels, Self.number(Double(reading.sumNanoseconds) / 1e9))
        line(name + "_count", labels, "\(sum)")
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            let parts = labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }
            text += "{" + parts.joined(separator: ",") + "}"
        }
        text += " " + value + "\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        guard value.isFinite else { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.contains(where: { $0 == "\\" || $0.isNewline || $0 == "\"" }) else {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n", "\r": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension MetricsText.Format {
    /// The format that a client prefers by `Accept` (RFC 9110 §12.5.1): OpenMetrics only when it
    /// is named, in a version that is spoken, and not liked less than plain text.
    init(accept: String?) {
        var plain = 0.0
        var open = 0.0
        for item in (accept ?? "").lowercased().split(separator: ",").prefix(32) {
            let parts = item.split(separator: ";").map(Self.trimmed)
            guard let type = parts.first else { continue }
            let weight = Self.parameter("q", parts).map { Double($0) ?? 0 } ?? 1
            switch type {
            case "application/openmetrics-text":
                let version = Self.parameter("version", parts) ?? "1.0.0"
                if version == "1.0.0" || version == "0.0.1" { open = max(open, weight) }
            case "text/plain", "text/*":
                plain = max(plain, weight)
            default: break
            }
        }
        self = open > 0 && open >= plain ? .openMetrics : .prometheus
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private static func parameter(_ name: String, _ parts: [Substring]) -> Substring? {
        for part in parts.dropFirst() where part.hasPrefix(name + "=") {
            return part.dropFirst(name.count + 1)
        }
        return nil
    }
}
