extension Supervisor {
    /// The whole tree from this supervisor down, as it is now.
    package func snapshot() async -> SupervisionSnapshot {
        let now = ticker.now
        var parts: [SupervisionSnapshot] = []
        for child in order() {
            let below = await child.spec.nested?.snapshot()
            parts.append(
                SupervisionSnapshot(
                    name: child.spec.id, strategy: below?.strategy, state: child.state,
                    restarts: child.restarts, uptime: child.startedAt.map { now - $0 },
                    error: child.error, streams: child.spec.nested?.streams, note: child.spec.note,
                    children: below?.children ?? []))
        }
        return SupervisionSnapshot(
            name: name, strategy: strategy, state: state, restarts: 0,
            uptime: startedAt.map { now - $0 }, error: failure, streams: streams, note: nil,
            children: parts)
    }

    private var state: ChildState {
        switch phase {
        case .idle: .waiting
        case .running: .running
        case .stopping: .stopping
        case .ended(.failed): .terminated
        case .ended: .stopped
        }
    }

    private var failure: String? {
        guard case .ended(.failed(let text)) = phase else { return nil }
        return text
    }
}
