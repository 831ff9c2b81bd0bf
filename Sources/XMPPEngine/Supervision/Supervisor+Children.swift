extension Supervisor {
    /// Adds a child after all others and starts it, when the supervisor is running.
    ///
    /// - Returns: `.running`, or how far it is: a child that cannot start yet is retried.
    /// - Throws: `.duplicateChild`, `.tooManyChildren`, `.notRunning` after the supervisor ended,
    ///   `.cannotStart` for a temporary child.
    @discardableResult
    package func add(_ spec: ChildSpec) async throws(SupervisorError) -> ChildState {
        let answer = await inTurn { await $0.addNow(spec) }
        return try answer.get()
    }

    /// Stops a child; it stays in the tree and can be started again.
    ///
    /// - Throws: `.unknownChild`.
    package func terminate(_ id: String) async throws(SupervisorError) {
        guard await inTurn({ await $0.terminateNow(id) }) else {
            throw SupervisorError.unknownChild(id)
        }
    }

    /// Stops a child and forgets it.
    ///
    /// - Throws: `.unknownChild`.
    package func remove(_ id: String) async throws(SupervisorError) {
        let isKnown = await inTurn { supervisor in
            guard await supervisor.terminateNow(id) else { return false }
            supervisor.children[id] = nil
            return true
        }
        guard isKnown else { throw SupervisorError.unknownChild(id) }
    }

    /// Stops a child, if it runs, and starts it afresh; counts as no restart.
    ///
    /// - Throws: `.unknownChild`, `.notRunning`.
    @discardableResult
    package func restart(_ id: String) async throws(SupervisorError) -> ChildState {
        let answer: Result<ChildState, SupervisorError> = await inTurn { supervisor in
            guard supervisor.phase == .running else { return .failure(.notRunning) }
            guard await supervisor.terminateNow(id) else { return .failure(.unknownChild(id)) }
            guard let child = supervisor.children[id] else { return .failure(.unknownChild(id)) }
            supervisor.children[id]?.failedStarts = 0
            supervisor.children[id]?.state = .waiting
            await supervisor.startInTurn(id)
            return .success(supervisor.children[id]?.state ?? child.state)
        }
        return try answer.get()
    }

    /// The ids of the children in the order of their start.
    package var childIDs: [String] { order().map(\.spec.id) }

    private func addNow(_ spec: ChildSpec) async -> Result<ChildState, SupervisorError> {
        guard children[spec.id] == nil else { return .failure(.duplicateChild(spec.id)) }
        guard children.count < Self.childrenMax else {
            return .failure(.tooManyChildren(limit: Self.childrenMax))
        }
        switch phase {
        case .running where isStopWanted: return .failure(.notRunning)
        case .idle, .running:
            children[spec.id] = Child(spec: spec, place: nextPlace())
        case .stopping, .ended: return .failure(.notRunning)
        }
        await startInTurn(spec.id)
        guard let child = children[spec.id] else {
            return .failure(.cannotStart("\(spec.id) could not start"))
        }
        return .success(child.state)
    }

    private func terminateNow(_ id: String) async -> Bool {
        guard children[id] != nil else { return false }
        await stopChild(id, then: .stopped)
        // It may have held up younger ones.
        if strategy.startsInStep { await startWaiting() }
        return true
    }
}
