import Logging
import Synchronization

/// Counts restarts, logs what supervisors do, and raises alarms for parts that do not come up.
///
/// A `Mutex` guards the counts.
package final class SupervisionAlarms: Sendable {
    private let alarms: Alarms
    private let log: Logger
    private let counts = Mutex<[String: Int]>([:])
    /// Supervisors that are counted by name; a tree has few.
    private static let namesMax = 100

    /// Raises alarms in a list of them.
    package init(_ alarms: Alarms, log: Logger) {
        self.alarms = alarms
        self.log = log
    }

    /// To be given to every supervisor.
    package var report: Supervisor.Report {
        { [self] supervisor, event in happened(event, under: supervisor) }
    }

    /// How often each supervisor started a child again, by name.
    package var restarts: [String: Int] { counts.withLock { $0 } }

    /// The name of the alarm for a child that does not come up.
    package static func alarm(of child: String, under supervisor: String) -> String {
        supervisor == "ejabberd_listener" ? "listener \(child)" : "part \(child)"
    }

    private func happened(_ event: SupervisionEvent, under supervisor: String) {
        let level: Logger.Level =
            switch event {
            case .started, .stopped: .debug
            case .ended(_, let exit, _): exit == .normal ? .debug : .warning
            case .cannotStart, .abandoned, .gaveUp: .warning
            }
        var metadata: Logger.Metadata = ["supervisor": "\(supervisor)"]
        for (name, text) in event.facts { metadata[name] = "\(text)" }
        log.log(level: level, "\(event.summary)", metadata: metadata)
        switch event {
        case .started(let child), .stopped(let child):
            alarms.clear(Self.alarm(of: child, under: supervisor))
        case .cannotStart(let child, let error, _):
            alarms.raise(
                Self.alarm(of: child, under: supervisor), "cannot start: \(error)", .critical)
        case .ended(_, _, restarts: true):
            counts.withLock { counts in
                guard counts.count < Self.namesMax || counts[supervisor] != nil else { return }
                counts[supervisor, default: 0] += 1
            }
        case .ended(_, _, restarts: false), .abandoned: break
        case .gaveUp(let child, let error):
            alarms.raise("part \(supervisor)", "gave up on \(child): \(error)", .critical)
        }
    }
}
