/// What a supervisor must know to start, watch and stop one child.
package struct ChildSpec: Sendable {
    /// Starts the child: returns when it serves, throws when it cannot.
    package typealias Start = @Sendable () async throws -> RunningChild

    /// Unique among the children of one supervisor.
    package let id: String
    package let restart: RestartType
    /// How long the child may take to stop before it is abandoned; `nil` is as long as it takes.
    package let grace: Duration?
    /// What people should know of it who look at the tree; `nil` for most.
    package private(set) var note: String?
    /// The supervisor that this child is, for the tree; `nil` for a worker.
    let nested: Supervisor?
    let start: Start

    /// A child in two steps: start it, then watch what the start returned.
    ///
    /// The supervisor starts the next child after `start` returned, so an elder child serves
    /// before a younger one begins. `start` must not call its own supervisor and wait.
    package init(
        _ id: String, restart: RestartType = .permanent, grace: Duration? = .seconds(5),
        start: @escaping Start
    ) {
        self.init(id, restart: restart, grace: grace, nested: nil, start: start)
    }

    private init(
        _ id: String, restart: RestartType, grace: Duration?, nested: Supervisor?,
        start: @escaping Start
    ) {
        self.id = id
        self.restart = restart
        self.grace = grace
        self.nested = nested
        self.start = start
    }

    /// The same child with a note for those who look at the tree.
    package func noted(_ note: String) -> ChildSpec {
        var noted = self
        noted.note = note
        return noted
    }

    /// A child that is nothing but a loop: up at once, stopped by cancelling its task.
    package static func task(
        _ id: String, restart: RestartType = .permanent, grace: Duration? = .seconds(5),
        run: @escaping @Sendable () async throws -> Void
    ) -> ChildSpec {
        ChildSpec(id, restart: restart, grace: grace) { RunningChild(run: run) }
    }

    /// A supervisor below another; its own children bound the time it takes to stop.
    package static func supervisor(
        _ supervisor: Supervisor, restart: RestartType = .permanent
    ) -> ChildSpec {
        ChildSpec(supervisor.name, restart: restart, grace: nil, nested: supervisor) {
            await supervisor.start()
            return RunningChild(
                run: { try await supervisor.untilEnded() }, stop: { await supervisor.stop() })
        }
    }
}

/// A child that has started.
package struct RunningChild: Sendable {
    let run: @Sendable () async throws -> Void
    let stop: @Sendable () async -> Void

    /// - Parameters:
    ///   - run: Returns when the child ended normally, throws when it failed; in both cases the
    ///     child has let go of all it held. Cancelled after `stop` returned.
    ///   - stop: Asks the child to stop and returns when it has let go. Not called after `run`
    ///     ended by itself.
    package init(
        run: @escaping @Sendable () async throws -> Void,
        stop: @escaping @Sendable () async -> Void = {}
    ) {
        self.run = run
        self.stop = stop
    }

    /// A child that cannot fail once it is up.
    package init(stop: @escaping @Sendable () async -> Void = {}) {
        self.init(
            run: {
                let never = OneShot<Never>()
                _ = await never.value()
            }, stop: stop)
    }
}
