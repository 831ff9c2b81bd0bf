extension Supervisor {
    /// Starts, in order, every child whose turn has come.
    func startWaiting() async {
        for child in order() {
            guard phase == .running, !isStopWanted else { return }
            guard let state = children[child.spec.id]?.state else { continue }
            switch state {
            case .waiting:
                await startChild(child.spec.id)
                if strategy.startsInStep, isHoldingUp(child.spec.id) { return }
            case .starting, .backingOff:
                if strategy.startsInStep { return }
            case .running, .stopping, .stopped, .terminated: continue
            }
        }
    }

    private func isHoldingUp(_ id: String) -> Bool {
        switch children[id]?.state {
        case .starting, .backingOff: true
        case .waiting, .running, .stopping, .stopped, .terminated, nil: false
        }
    }

    /// Starts one child and waits until it is up, failed to start, or takes too long.
    func startChild(_ id: String) async {
        guard var child = children[id] else { return }
        let generation = nextGeneration()
        let life = ChildLife(child.spec) { [weak self] notice in
            await self?.enqueue { supervisor in
                await supervisor.take(notice, of: id, generation)
                guard case .started = notice, supervisor.strategy.startsInStep else { return }
                await supervisor.startWaiting()
            }
        }
        child.generation = generation
        child.life = life
        child.state = .starting
        children[id] = child
        guard let outcome = await life.startOutcome(within: startWait, of: ticker) else { return }
        await take(outcome, of: id, generation)
    }

    /// Acts on a notice, unless the child has moved on since.
    private func take(_ notice: ChildLife.Notice, of id: String, _ generation: Int) async {
        guard phase == .running, let child = children[id], child.generation == generation else {
            return
        }
        switch (notice, child.state) {
        case (.started, .starting): isUp(id)
        case (.cannotStart(let error), .starting): cannotStart(id, error)
        case (.ended(let exit), .running): await hasEnded(id, exit)
        case (.started, _), (.cannotStart, _), (.ended, _): return
        }
    }

    private func isUp(_ id: String) {
        children[id]?.state = .running
        children[id]?.failedStarts = 0
        children[id]?.startedAt = ticker.now
        report(name, .started(child: id))
    }

    private func cannotStart(_ id: String, _ error: String) {
        guard var child = children[id] else { return }
        guard child.spec.restart != .temporary else {
            children[id] = nil
            report(name, .cannotStart(child: id, error: error, retryIn: nil))
            return
        }
        child.life = nil
        child.failedStarts += 1
        child.error = error
        child.state = .backingOff(error)
        children[id] = child
        let delay = backOff.delay(afterFailures: child.failedStarts)
        report(name, .cannotStart(child: id, error: error, retryIn: delay))
        let generation = child.generation
        Task { [weak self, ticker] in
            try? await ticker.sleep(delay)
            await self?.enqueue { await $0.retry(id, generation) }
        }
    }

    private func retry(_ id: String, _ generation: Int) async {
        guard phase == .running, !isStopWanted, let child = children[id],
            child.generation == generation, case .backingOff = child.state
        else { return }
        await startChild(id)
        if strategy.startsInStep { await startWaiting() }
    }

    private func hasEnded(_ id: String, _ exit: ChildExit) async {
        guard var child = children[id] else { return }
        child.life = nil
        child.startedAt = nil
        child.state = .terminated
        if case .failed(let error) = exit { child.error = error }
        let restarts = child.spec.restart.restarts(after: exit)
        children[id] = child.spec.restart == .temporary ? nil : child
        report(name, .ended(child: id, exit, restarts: restarts))
        guard restarts, !isStopWanted else { return }
        guard window.admits(at: ticker.now) else {
            let error = child.error.map { "\(id): \($0)" } ?? "\(id): ended"
            report(name, .gaveUp(child: id, error: error))
            await endNow(.failed(error))
            return
        }
        children[id]?.restarts += 1
        await restart(id, place: child.place)
    }

    /// Stops the siblings that go down with a child and starts them all again.
    private func restart(_ id: String, place: Int) async {
        let fellows: [Child]
        switch strategy {
        case .oneForOne, .simpleOneForOne: fellows = []
        case .oneForAll: fellows = order().filter { $0.place != place }
        case .restForOne: fellows = order().filter { $0.place > place }
        }
        let affected = fellows.filter { $0.state != .stopped }
        await stopChildren(affected.map(\.spec.id), then: .waiting)
        for fellow in affected {
            guard fellow.spec.restart == .temporary else { continue }
            children[fellow.spec.id] = nil
        }
        children[id]?.state = .waiting
        await startInTurn(id)
    }

    /// Starts a waiting child now, or when its elders are up if the strategy says so.
    func startInTurn(_ id: String) async {
        guard phase == .running, !isStopWanted else { return }
        if strategy.startsInStep { await startWaiting() } else { await startChild(id) }
    }

    /// Stops children in reverse order, or all at once when they have no order.
    func stopChildren(_ ids: [String], then state: ChildState) async {
        guard strategy == .simpleOneForOne else {
            for id in ids.reversed() { await stopChild(id, then: state) }
            return
        }
        await withTaskGroup(of: Void.self) { group in
            for id in ids { group.addTask { await self.stopChild(id, then: state) } }
        }
    }

    func stopChild(_ id: String, then state: ChildState) async {
        guard let child = children[id] else { return }
        guard let life = child.life else {
            children[id]?.state = state
            return
        }
        children[id]?.state = .stopping
        let isGone = await life.stop(within: child.spec.grace, of: ticker)
        children[id]?.life = nil
        children[id]?.startedAt = nil
        children[id]?.state = state
        report(name, isGone ? .stopped(child: id) : .abandoned(child: id))
    }
}
