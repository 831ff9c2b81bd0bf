import ControlProtocol
import Logging
import Synchronization
import XMPPStorage

/// An alarm that is raised, or was.
package struct RaisedAlarm: Hashable, Sendable {
    /// How bad it is.
    package enum Severity: String, Sendable, CaseIterable {
        case warning, critical
    }

    /// What it is about, unique among the raised: `memory`, `listener 127.0.0.1:5222 tcp`.
    package let name: String
    /// For people.
    package let text: String
    package let severity: Severity
    package let raisedAt: Timestamp
    /// `nil` while it is raised.
    package var clearedAt: Timestamp?
}

/// The alarms of the server: what is wrong now, and what was.
///
/// A `Mutex` guards the lists. Raising and clearing are logged and published.
package final class Alarms: Sendable {
    private struct State {
        var raised: [String: RaisedAlarm] = [:]
        var cleared: [RaisedAlarm] = []
    }

    /// Most alarms raised at one time; more are logged and published, not listed.
    package static let raisedMax = 200
    /// Most cleared alarms that are remembered.
    package static let clearedMax = 100

    private let events: EventFeed
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())
    private static let log = Logger(label: "martlet.alarm")

    /// Alarms that are published in a feed.
    package init(events: EventFeed, now: @escaping @Sendable () -> Timestamp = { .now() }) {
        self.events = events
        self.now = now
    }

    /// Raises an alarm.
    ///
    /// One that is raised already gets the new text and keeps its time; that is not published.
    package func raise(_ name: String, _ text: String, _ severity: RaisedAlarm.Severity = .warning)
    {
        let moment = now()
        let isNew = state.withLock { state in
            let old = state.raised[name]
            guard old != nil || state.raised.count < Self.raisedMax else { return true }
            state.raised[name] = RaisedAlarm(
                name: name, text: text, severity: severity, raisedAt: old?.raisedAt ?? moment)
            return old == nil
        }
        guard isNew else { return }
        Self.log.log(
            level: severity == .critical ? .critical : .warning, "alarm raised",
            metadata: ["alarm": "\(name)", "text": "\(text)"])
        events.publish(
            .alarm, "raised",
            [
                .init("alarm", .string(name)), .init("text", .string(text)),
                .init("severity", .string(severity.rawValue)),
            ])
    }

    /// Clears an alarm; nothing happens when it is not raised.
    package func clear(_ name: String) {
        let moment = now()
        let cleared = state.withLock { state -> RaisedAlarm? in
            guard var alarm = state.raised.removeValue(forKey: name) else { return nil }
            alarm.clearedAt = moment
            state.cleared.append(alarm)
            if state.cleared.count > Self.clearedMax { state.cleared.removeFirst() }
            return alarm
        }
        guard let cleared else { return }
        Self.log.notice("alarm cleared", metadata: ["alarm": "\(name)"])
        events.publish(
            .alarm, "cleared",
            [
                .init("alarm", .string(name)), .init("text", .string(cleared.text)),
                .init("severity", .string(cleared.severity.rawValue)),
            ])
    }

    /// Raises or clears, as the condition says.
    package func set(
        _ name: String, _ isRaised: Bool, _ text: @autoclosure () -> String,
        _ severity: RaisedAlarm.Severity = .warning
    ) {
        if isRaised { raise(name, text(), severity) } else { clear(name) }
    }

    /// Clears all raised alarms whose name begins so and is not in `names`.
    package func clearOthers(prefix: String, than names: Set<String>) {
        let stale = state.withLock { state in
            state.raised.keys.filter { $0.hasPrefix(prefix) && !names.contains($0) }
        }
        for name in stale { clear(name) }
    }

    /// The raised alarms, oldest first.
    package var raised: [RaisedAlarm] {
        state.withLock { state in
            state.raised.values.sorted { ($0.raisedAt, $0.name) < ($1.raisedAt, $1.name) }
        }
    }

    /// Alarms that were cleared, the latest first.
    package var cleared: [RaisedAlarm] { state.withLock { $0.cleared.reversed() } }
}
