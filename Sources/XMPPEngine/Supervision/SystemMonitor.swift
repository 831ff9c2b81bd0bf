/// What the monitor saw at one moment.
package struct SystemSample: Hashable, Sendable {
    package let process: ProcessSample
    package let queues: [QueueRegistry.Reading]
    /// Share of one processor used since the sample before, 1 being all of it.
    package let processorShare: Double

    /// A sample put together by hand.
    package init(
        process: ProcessSample, queues: [QueueRegistry.Reading] = [], processorShare: Double = 0
    ) {
        self.process = process
        self.queues = queues
        self.processorShare = processorShare
    }
}

/// Watches the process and its queues, and raises and clears alarms.
///
/// Guarded by being an actor.
package actor SystemMonitor {
    /// Told of each alarm that changed, with the sample that changed it.
    package typealias Report = @Sendable (AlarmChange, SystemSample) -> Void
    /// Reads the process; replaced in tests.
    package typealias Source = @Sendable () -> ProcessSample

    /// The queues it watches.
    package nonisolated let queues: QueueRegistry
    private let interval: Duration
    private let ticker: Ticker
    private let source: Source
    private let report: Report
    private var board: AlarmBoard
    private var last: (moment: Duration, processorTime: Duration)?

    /// The last sample, or `nil` before the first.
    package private(set) var latest: SystemSample?

    /// Samples every `interval` once its child runs.
    package init(
        alarms: [Alarm], queues: QueueRegistry = QueueRegistry(),
        interval: Duration = .seconds(30), clock: some Clock<Duration> = ContinuousClock(),
        source: @escaping Source = ProcessSample.now, report: @escaping Report
    ) {
        board = AlarmBoard(alarms)
        self.queues = queues
        self.interval = interval
        ticker = Ticker(clock)
        self.source = source
        self.report = report
    }

    /// The monitor as a supervised child.
    package nonisolated func child(_ id: String = "system_monitor") -> ChildSpec {
        .task(id) { try await self.run() }
    }

    /// The names of the alarms that are raised.
    package var raisedAlarms: [String] { board.raised.sorted() }

    /// Takes a sample now and reports the alarms it changes.
    @discardableResult
    package func sample() -> SystemSample {
        let process = source()
        let now = ticker.now
        var share = 0.0
        if let last, now > last.moment {
            share = (process.processorTime - last.processorTime) / (now - last.moment)
        }
        last = (now, process.processorTime)
        let sample = SystemSample(
            process: process, queues: queues.readings(), processorShare: share)
        latest = sample
        for change in board.update(with: sample) { report(change, sample) }
        return sample
    }

    private func run() async throws {
        while true {
            sample()
            try await ticker.sleep(interval)
        }
    }
}
