import XMPPEngine

/// A chart as the points and words of an SVG picture.
struct ChartDrawing {
    private static let width = 480.0
    private static let height = 176.0
    private static let left = 64.0
    private static let right = 8.0
    private static let top = 12.0
    private static let bottom = 26.0
    private static let pointsMax = 360
    private let chart: ConsoleChart
    private let count: Int
    private let greatest: Double

    init(_ chart: ConsoleChart) {
        self.chart = chart
        count = max(2, chart.series.map(\.values.count).max() ?? 0)
        let values = chart.series.flatMap(\.values).compactMap { $0 }.filter(\.isFinite)
        greatest = Self.roundedUp(values.max() ?? 0, isBytes: chart.unit == .bytes)
    }

    var view: View {
        [
            "id": chart.id, "title": chart.title,
            "description": description,
            "plot": plot,
            "viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))",
            "isEmpty": chart.series.allSatisfy { $0.values.allSatisfy { $0 == nil } },
            "lines": (0...4).map { step -> View in
                let share = Double(step) / 4
                let y = Self.number(y(greatest * share))
                return [
                    "y": y, "x1": Self.number(Self.left),
                    "x2": Self.number(Self.width - Self.right),
                    "labelX": Self.number(Self.left - 8), "label": label(greatest * share),
                ]
            },
            "times": (0...4).map { step -> View in
                let share = Double(step) / 4
                return [
                    "x": Self.number(Self.left + plotWidth * share),
                    "y": Self.number(Self.height - 6),
                    "anchor": step == 0 ? "start" : step == 4 ? "end" : "middle",
                    "label": time(share),
                ]
            },
            "series": chart.series.prefix(4).enumerated().map { index, series -> View in
                [
                    "name": series.name, "number": String(index + 1), "line": line(series.values),
                    "area": area(series.values), "now": label(series.values.last ?? nil),
                    "hasArea": chart.series.count == 1,
                ]
            },
        ]
    }

    // MARK: geometry

    private var plotWidth: Double { Self.width - Self.left - Self.right }
    private var plotHeight: Double { Self.height - Self.top - Self.bottom }

    private func x(_ index: Int) -> Double {
        Self.left + plotWidth * Double(index) / Double(count - 1)
    }

    private func y(_ value: Double) -> Double {
        Self.top + plotHeight * (1 - min(max(value / greatest, 0), 1))
    }

    /// The runs of known values, as pairs of place and value; each point stands for `stride`.
    private func runs(_ values: [Double?]) -> [[(Double, Double)]] {
        let stride = max(1, (count + Self.pointsMax - 1) / Self.pointsMax)
        let offset = count - values.count
        var runs: [[(Double, Double)]] = [[]]
        for start in Swift.stride(from: 0, to: values.count, by: stride) {
            let group = values[start..<min(start + stride, values.count)].compactMap { $0 }
            if let highest = group.max(), highest.isFinite {
                runs[runs.count - 1].append((x(start + offset), y(highest)))
            } else if runs.last?.isEmpty == false {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }

    private func line(_ values: [Double?]) -> String {
        runs(values).map(Self.path).joined(separator: " ")
    }

    private func area(_ values: [Double?]) -> String {
        let floor = Self.number(Self.height - Self.bottom)
        return runs(values).compactMap { run in
            guard let first = run.first, let last = run.last else { return nil }
            return Self.path(run) + " L\(Self.number(last.0)) \(floor) L\(Self.number(first.0))"
                + " \(floor) Z"
        }.joined(separator: " ")
    }

    private static func path(_ run: [(Double, Double)]) -> String {
        // A lone point is drawn as a dot: a line that ends where it begins.
        (run.count == 1 ? run + run : run).enumerated().map { index, point in
            (index == 0 ? "M" : "L") + "\(number(point.0)) \(number(point.1))"
        }.joined(separator: " ")
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }

    /// What a script needs to read values off the lines: left, right, top and bottom of the
    /// plot, its greatest value, its unit, and its time in seconds.
    private var plot: String {
        [
            Self.number(Self.left), Self.number(Self.width - Self.right), Self.number(Self.top),
            Self.number(Self.height - Self.bottom), "\(greatest)", "\(chart.unit)",
            "\(count * chart.stepSeconds)",
        ].joined(separator: " ")
    }

    // MARK: words

    private func label(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        switch chart.unit {
        case .count: return Words.decimal(value)
        case .perSecond: return Words.decimal(value) + "/s"
        case .bytes: return Words.bytes(Int(min(max(value, 0), 1e18)))
        }
    }

    private func time(_ share: Double) -> String {
        let span = Double(count) * Double(chart.stepSeconds)
        let seconds = Int(min(max(span * (1 - share), 0), 1e15))
        guard seconds > 0 else { return "now" }
        return "−" + Words.duration(.seconds(seconds))
    }

    /// The chart in words, for those who cannot see it.
    private var description: String {
        chart.series.map { series in
            let known = series.values.compactMap { $0 }
            guard let most = known.max() else { return "\(series.name): nothing known" }
            return "\(series.name): now \(label(known.last)), at most \(label(most))"
        }.joined(separator: "; ")
    }

    /// The next number that makes a good end of an axis.
    static func roundedUp(_ value: Double, isBytes: Bool) -> Double {
        let base = isBytes ? 1024.0 : 1.0
        guard value > (isBytes ? 4 * base : 4), value.isFinite else { return 4 * base }
        // So that each quarter is a whole number.
        if !isBytes, value <= 40 { return (value / 4).rounded(.up) * 4 }
        var unit = base
        while unit * (isBytes ? 1024 : 10) <= value { unit *= isBytes ? 1024 : 10 }
        let steps: [Double] =
            isBytes
            ? [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
            : [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10]
        return unit * (steps.first { unit * $0 >= value } ?? steps[steps.count - 1])
    }
}
