/// Numbers over time, drawn as lines.
package struct ConsoleChart: Sendable {
    /// One line of a chart.
    package struct Series: Sendable {
        package let name: String
        /// From the oldest to the newest, evenly spaced; `nil` where nothing is known.
        package let values: [Double?]

        /// Declares a line.
        package init(_ name: String, _ values: [Double?]) {
            self.name = name
            self.values = values
        }
    }

    /// What the numbers count.
    package enum Unit: Hashable, Sendable { case count, perSecond, bytes }

    package let id: String
    package let title: String
    package let unit: Unit
    /// The time between two values.
    package let stepSeconds: Int
    package let series: [Series]

    /// Declares a chart of up to four lines whose last values are of this moment.
    package init(
        _ id: String, _ title: String, unit: Unit, stepSeconds: Int, series: [Series]
    ) {
        self.id = id
        self.title = title
        self.unit = unit
        self.stepSeconds = stepSeconds
        self.series = series
    }
}
