/// A measure with a mark: above it the alarm is raised, well below it is cleared.
package struct Alarm: Sendable {
    /// Takes the measure from a sample.
    package typealias Measure = @Sendable (SystemSample) -> Double

    package let name: String
    let raiseAt: Double
    let clearBelow: Double
    let measure: Measure

    /// An alarm raised at `raiseAt` or above and cleared below `clearBelow`, which is not greater.
    package init(
        _ name: String, raiseAt: Double, clearBelow: Double, measure: @escaping Measure
    ) {
        self.name = name
        self.raiseAt = raiseAt
        self.clearBelow = min(clearBelow, raiseAt)
        self.measure = measure
    }

    /// Memory in use, in bytes; cleared a tenth below.
    package static func memory(above bytes: Int) -> Alarm {
        Alarm("memory", raiseAt: Double(bytes), clearBelow: Double(bytes) * 0.9) { sample in
            Double(max(sample.process.proportionalBytes, sample.process.residentBytes))
        }
    }

    /// Memory in use on the machine or in the control group, as a share; cleared a tenth below.
    package static func machineMemory(above share: Double) -> Alarm {
        Alarm("memory", raiseAt: share, clearBelow: share * 0.9) { sample in
            guard sample.process.machineBytes > 0 else { return 0 }
            return Double(sample.process.machineUsedBytes) / Double(sample.process.machineBytes)
        }
    }

    /// Open files as a share of the limit, 0 to 1; cleared a tenth below.
    package static func openFiles(above share: Double) -> Alarm {
        Alarm("open_files", raiseAt: share, clearBelow: share * 0.9) { sample in
            guard sample.process.openFilesMax > 0 else { return 0 }
            return Double(sample.process.openFiles) / Double(sample.process.openFilesMax)
        }
    }

    /// The length of the longest registered queue; cleared below half.
    package static func queues(above length: Int) -> Alarm {
        Alarm("queues", raiseAt: Double(length), clearBelow: Double(length) / 2) { sample in
            Double(sample.queues.map(\.length).max() ?? 0)
        }
    }
}

/// An alarm that changed.
package struct AlarmChange: Hashable, Sendable {
    package let name: String
    /// Raised, or cleared.
    package let isRaised: Bool
    package let value: Double
}

/// Which alarms are raised.
struct AlarmBoard {
    private let alarms: [Alarm]
    private(set) var raised: Set<String> = []

    init(_ alarms: [Alarm]) { self.alarms = alarms }

    /// Compares a sample with every mark.
    ///
    /// - Returns: The alarms that changed; one between its two marks stays as it was.
    mutating func update(with sample: SystemSample) -> [AlarmChange] {
        var changes: [AlarmChange] = []
        for alarm in alarms {
            let value = alarm.measure(sample)
            if raised.contains(alarm.name) {
                guard value < alarm.clearBelow else { continue }
                raised.remove(alarm.name)
                changes.append(AlarmChange(name: alarm.name, isRaised: false, value: value))
            } else if value >= alarm.raiseAt {
                raised.insert(alarm.name)
                changes.append(AlarmChange(name: alarm.name, isRaised: true, value: value))
            }
        }
        return changes
    }
}
