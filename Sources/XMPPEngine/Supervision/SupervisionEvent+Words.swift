extension SupervisionEvent {
    /// What happened, in fixed words; `facts` has the rest.
    package var summary: String {
        switch self {
        case .started: "started"
        case .cannotStart(_, _, retryIn: nil): "cannot start"
        case .cannotStart: "cannot start, trying again"
        case .ended(_, _, restarts: true): "ended, starting it again"
        case .ended(_, _, restarts: false): "ended"
        case .stopped: "stopped"
        case .abandoned: "did not stop in time, left to itself"
        case .gaveUp: "failed too often, giving up"
        }
    }

    /// What it happened to, why, and when it is tried again, by the names they have in the log.
    package var facts: [String: String] {
        switch self {
        case .started(let child), .stopped(let child), .abandoned(let child):
            return ["part": child]
        case .cannotStart(let child, let error, let pause):
            var facts = ["part": child, "error": error]
            facts["again_in"] = pause.map { "\($0.components.seconds) s" }
            return facts
        case .ended(let child, let exit, _):
            var facts = ["part": child]
            facts["error"] = exit.error
            return facts
        case .gaveUp(let child, let error):
            return ["part": child, "error": error]
        }
    }
}

extension ChildExit {
    /// Why it failed; `nil` when it did not.
    fileprivate var error: String? {
        guard case .failed(let text) = self else { return nil }
        return text
    }
}
