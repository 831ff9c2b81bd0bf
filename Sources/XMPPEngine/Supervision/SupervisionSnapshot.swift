/// How far a child is.
package enum ChildState: Hashable, Sendable {
    /// Its turn to start has not come.
    case waiting
    case starting
    case running
    /// It could not start; the text is the last error. Another attempt follows.
    case backingOff(String)
    case stopping
    /// Stopped on request or with its supervisor.
    case stopped
    /// Ended by itself and is not restarted.
    case terminated

    /// One word for tables and programs.
    package var name: String {
        switch self {
        case .waiting: "waiting"
        case .starting: "starting"
        case .running: "running"
        case .backingOff: "backing_off"
        case .stopping: "stopping"
        case .stopped: "stopped"
        case .terminated: "terminated"
        }
    }
}

/// A part of the supervision tree as it was at one moment.
package struct SupervisionSnapshot: Hashable, Sendable {
    package let name: String
    /// The strategy of a supervisor; `nil` for a worker.
    package let strategy: RestartStrategy?
    package let state: ChildState
    /// How often it was started again.
    package let restarts: Int
    /// Time since it came up last; `nil` unless it is running.
    package let uptime: Duration?
    /// Why it last failed or could not start, or `nil`.
    package let error: String?
    /// How many streams, or other things as the note says, it stands for; `nil` when for none.
    package let streams: Int?
    /// What people should know of it, or `nil`.
    package let note: String?
    /// The children of a supervisor in the order of their start.
    package let children: [SupervisionSnapshot]
}

/// Something a supervisor did, for the log.
package enum SupervisionEvent: Hashable, Sendable {
    case started(child: String)
    /// The start failed; the next attempt follows after the pause, `nil` is never.
    case cannotStart(child: String, error: String, retryIn: Duration?)
    case ended(child: String, ChildExit, restarts: Bool)
    case stopped(child: String)
    /// The child did not stop within its grace time and was left to itself.
    case abandoned(child: String)
    /// More restarts than the intensity allows: the supervisor stops and fails to its parent.
    case gaveUp(child: String, error: String)
}
