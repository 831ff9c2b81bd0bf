/// When a child that ended is started again.
package enum RestartType: String, CaseIterable, Sendable {
    /// Always.
    case permanent
    /// Only after a failure.
    case transient
    /// Never; the supervisor forgets the child when it ends.
    case temporary

    /// Whether a child of this type is started again after it ended on its own.
    package func restarts(after exit: ChildExit) -> Bool {
        switch (self, exit) {
        case (.permanent, _), (.transient, .failed): true
        case (.transient, .normal), (.transient, .shutdown), (.temporary, _): false
        }
    }
}

/// How a child ended.
package enum ChildExit: Hashable, Sendable {
    /// Its work was done.
    case normal
    /// It was cancelled or asked to stop.
    case shutdown
    /// It threw; the text is the error's description.
    case failed(String)
}

/// Which siblings are restarted together with a child.
package enum RestartStrategy: String, CaseIterable, Sendable {
    /// None.
    case oneForOne = "one_for_one"
    /// All of them.
    case oneForAll = "one_for_all"
    /// Those that were started after it.
    case restForOne = "rest_for_one"
    /// None; children come and go at any time, in no order, and are stopped all at once.
    case simpleOneForOne = "simple_one_for_one"

    /// Whether a child waits for its elder siblings to be up before it is started.
    var startsInStep: Bool { self == .oneForAll || self == .restForOne }
}

/// How many restarts a supervisor bears before it gives up and fails to its parent.
package struct RestartIntensity: Hashable, Sendable {
    /// Restarts allowed within `period`; one more is too many.
    package let restarts: Int
    package let period: Duration

    /// Ten restarts in ten seconds.
    package static let usual = RestartIntensity(restarts: 10, period: .seconds(10))

    /// Allows `restarts` restarts in any stretch of `period`.
    package init(restarts: Int, period: Duration) {
        self.restarts = restarts
        self.period = period
    }
}

/// The restarts of the last period.
struct RestartWindow {
    private let intensity: RestartIntensity
    private var moments: [Duration] = []

    init(_ intensity: RestartIntensity) { self.intensity = intensity }

    /// Counts a restart.
    ///
    /// - Returns: Whether it is still within the intensity.
    mutating func admits(at now: Duration) -> Bool {
        moments.removeAll { now - $0 >= intensity.period }
        moments.append(now)
        return moments.count <= intensity.restarts
    }

    mutating func clear() { moments.removeAll() }
}

/// The growing pause between attempts to start a child that cannot start.
package struct BackOff: Hashable, Sendable {
    private let first: Duration
    private let longest: Duration

    /// One second, doubled each time, at most a minute.
    package static let usual = BackOff(first: .seconds(1), longest: .seconds(60))

    /// Doubles from `first` up to `longest`.
    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The pause after that many failed attempts in a row, counted from 1.
    package func delay(afterFailures failures: Int) -> Duration {
        var delay = min(first, longest)
        for _ in 1..<max(failures, 1) {
            if delay == longest { break }
            delay = min(delay + delay, longest)
        }
        return delay
    }
}
